using System.Collections.Immutable;
using System.Formats.Cbor;
using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Records;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Reading;

namespace Broker.Micro;

/// <summary>What is done to every record between the socket and the disk, and back, a batch at a time. The benchmarks time it, and tests/Unit pins
/// what it allocates. For one thread.</summary>
internal sealed class HotPath : IDisposable
{
    /// <summary>Records of a block of 64 KiB.</summary>
    public const int BlockRecords = 62;

    /// <summary>Records of a PutRecords.</summary>
    public const int RequestRecords = 500;

    private const int RecordBytes = 1024;
    private const long Arrival = 1_790_000_000_000;
    private static readonly ShardKey Shard = new(new StreamGeneration(1), new ShardId(0));

    private readonly PayloadBuilder builder = new();
    private readonly PooledBuffer answer = new(1024 * 1024);
    private readonly RecordPage page;
    private readonly RecordVisitor visitor = new();
    private readonly byte[] data = new byte[RecordBytes];
    private readonly byte[] payload;
    private readonly byte[] json;
    private readonly byte[] cbor;
    private readonly byte[] request;

    public HotPath()
    {
        new Random(1).NextBytes(data);
        GatherBlock();
        payload = builder.TakePayload();
        page = new RecordPage
        {
            Shard = new ShardDescription(Shard.Shard, new HashKeyRange(HashKey.Min, HashKey.Max), [], 1_790_000_000, null, null),
            Next = "next",
            RecordCount = BlockRecords,
        };
        page.Runs.Add(new PageRun(PayloadBuilder.MakeBlock(Shard, payload, BlockRecords, ImmutableArray<BlockIdentity>.Empty).Stamp(1, 0, 0, Arrival), 0, BlockRecords));
        json = MakeJson();
        cbor = MakeCbor();
        request = new byte[Math.Max(json.Length, cbor.Length)];
    }

    /// <summary>Partition key to hash key.</summary>
    public HashKey Hash() => HashKey.OfPartitionKey("partition-key-17"u8);

    /// <summary>Gathers a block's records as a gateway does; what it then takes is the block's own bytes.</summary>
    /// <returns>Bytes gathered.</returns>
    public int GatherBlock()
    {
        builder.Clear();
        for (var i = 0; i < BlockRecords; i++)
        {
            builder.Add("partition-key-17"u8, data, null);
        }

        return builder.Length;
    }

    /// <summary>Reads a block's records.</summary>
    /// <returns>Bytes of their data.</returns>
    public int ReadBlock()
    {
        var bytes = 0;
        var reader = new BlockRecordReader(payload);
        while (reader.TryRead(out var record))
        {
            bytes += record.Data.Length;
        }

        return bytes;
    }

    /// <summary>Reads the records of an AWS JSON PutRecords.</summary>
    public int ParseJson() => Parse(AwsProtocol.Json, json);

    /// <summary>Reads the records of an AWS CBOR PutRecords.</summary>
    public int ParseCbor() => Parse(AwsProtocol.Cbor, cbor);

    /// <summary>Writes a block as an AWS JSON GetRecords answer.</summary>
    public int WriteJson() => Write(AwsProtocol.Json);

    /// <summary>Writes a block as an AWS CBOR GetRecords answer.</summary>
    public int WriteCbor() => Write(AwsProtocol.Cbor);

    public void Dispose()
    {
        builder.Dispose();
        answer.Dispose();
    }

    private int Parse(AwsProtocol protocol, byte[] body)
    {
        // A reader may change the body, so each gets it anew.
        body.CopyTo(request, 0);
        return protocol.Read(request.AsMemory(0, body.Length), visitor);
    }

    private int Write(AwsProtocol protocol)
    {
        answer.Advance(-answer.Length);
        AwsPageWriter.WriteAnswer(protocol, answer, page);
        return answer.Length;
    }

    private byte[] MakeJson()
    {
        var text = Convert.ToBase64String(data);
        return Encoding.UTF8.GetBytes(
            $$"""{"StreamName":"bench","Records":[{{string.Join(',', Enumerable.Range(0, RequestRecords).Select(i => $$"""{"Data":"{{text}}","PartitionKey":"key-{{i}}"}"""))}}]}""");
    }

    private byte[] MakeCbor()
    {
        var writer = new CborWriter();
        writer.WriteStartMap(2);
        writer.WriteTextString("StreamName");
        writer.WriteTextString("bench");
        writer.WriteTextString("Records");
        writer.WriteStartArray(RequestRecords);
        for (var i = 0; i < RequestRecords; i++)
        {
            writer.WriteStartMap(2);
            writer.WriteTextString("Data");
            writer.WriteByteString(data);
            writer.WriteTextString("PartitionKey");
            writer.WriteTextString($"key-{i}");
            writer.WriteEndMap();
        }

        writer.WriteEndArray();
        writer.WriteEndMap();
        return writer.Encode();
    }

    /// <summary>Takes the records and passes the rest over.</summary>
    private sealed class RecordVisitor : IBodyVisitor<int>
    {
        public int Visit<TReader>(ref TReader reader)
            where TReader : struct, IShapeReader, allows ref struct
        {
            var count = 0;
            reader.BeginMap();
            while (reader.TryReadKey())
            {
                if (reader.Key.SequenceEqual("Records"u8))
                {
                    count = RawRecordReader.ReadList(ref reader, RequestRecords)!.Count;
                }
                else
                {
                    reader.Skip();
                }
            }

            return count;
        }
    }
}
