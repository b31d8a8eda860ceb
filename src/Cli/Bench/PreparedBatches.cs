using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Broker.Cli.Client;
using Broker.V1;
using Google.Protobuf;

namespace Broker.Cli.Bench;

/// <summary>Batches that are made once and put many times, so that the generator costs next to nothing.</summary>
internal static class PreparedBatches
{
    /// <summary>Different batches of a worker, so that keys spread over the shards.</summary>
    public const int Variety = 16;

    public static ReadOnlyMemory<byte>[] Serialized(int worker, int records, int recordBytes, PayloadKind kind)
    {
        var builder = new BatchBuilder();
        var batches = new ReadOnlyMemory<byte>[Variety];
        for (var i = 0; i < Variety; i++)
        {
            for (var j = 0; j < records; j++)
            {
                builder.Add(Encoding.ASCII.GetBytes(Key(worker, i, j)), Data(recordBytes, kind));
            }

            batches[i] = builder.Take();
        }

        return batches;
    }

    public static PutRecordsEntry[][] Entries(int worker, int records, int recordBytes, PayloadKind kind) =>
    [
        .. Enumerable.Range(0, Variety).Select(batch => Enumerable.Range(0, records).Select(record => new PutRecordsEntry
        {
            PartitionKey = Key(worker, batch, record),
            Data = ByteString.CopyFrom(Data(recordBytes, kind)),
        }).ToArray()),
    ];

    private static string Key(int worker, int batch, int record) => string.Create(CultureInfo.InvariantCulture, $"{worker}-{batch}-{record}");

    private static byte[] Data(int bytes, PayloadKind kind) => kind switch
    {
        PayloadKind.Events => FlightEvents.Record(bytes, Random.Shared),
        PayloadKind.Random => RandomNumberGenerator.GetBytes(bytes),
        _ => Text(bytes),
    };

    /// <summary>Half of it random text, half of it blanks.</summary>
    private static byte[] Text(int bytes)
    {
        var random = new byte[(bytes * 3 / 8) + 3];
        RandomNumberGenerator.Fill(random);
        var data = new byte[bytes];
        data.AsSpan().Fill((byte)' ');
        var text = new byte[Base64.GetMaxEncodedToUtf8Length(random.Length)];
        Base64.EncodeToUtf8(random, text, out _, out var written);
        text.AsSpan(0, Math.Min(bytes, written)).CopyTo(data);
        return data;
    }
}
