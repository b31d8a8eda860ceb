using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Broker.Kcl.Aggregation;
using Xunit;

namespace Broker.Tests.Conformance.Clients;

/// <summary>Aggregated records are those of AWS's own library, aws-kinesis-agg, read and written by it.</summary>
public sealed class AggregationTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>All with explicit hash keys, or none: where some have one, the library tells the table's first for the others.</summary>
    [ClientTheory("js-h2")]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    public async Task What_we_write_the_library_reads(int seed, double shareWithHashKeys)
    {
        var records = Records(new Random(seed), 500, shareWithHashKeys);
        var writer = new AggregatedRecordWriter(51_200);
        var written = new List<string>();
        foreach (var record in records)
        {
            if (!writer.TryAdd(record.PartitionKey, record.ExplicitHashKey, Convert.FromBase64String(record.Data)))
            {
                Take();
                Assert.True(writer.TryAdd(record.PartitionKey, record.ExplicitHashKey, Convert.FromBase64String(record.Data)));
            }
        }

        Take();
        Assert.True(written.Count > 1, "the records fit one aggregated record");
        var read = await AskAsync<List<List<Told>>>("read", written);
        Assert.All(read, some => Assert.Equal(Enumerable.Range(0, some.Count), some.Select(record => (int)record.SubSequenceNumber!)));
        Assert.Equal(records, read.SelectMany(some => some).Select(record => record with { SubSequenceNumber = null }));

        void Take()
        {
            written.Add(Convert.ToBase64String(writer.Finish().Span));
            writer.Reset();
        }
    }

    [ClientTheory("js-h2")]
    [InlineData(3)]
    [InlineData(4)]
    public async Task What_the_library_writes_we_read(int seed)
    {
        var records = Records(new Random(seed), 3_000, 0.3);
        var written = await AskAsync<List<Told>>("write", records);
        Assert.True(written.Count > 1, "the records fit one aggregated record");
        var read = written.SelectMany(record => AggregatedRecordReader.Read(record.PartitionKey, Convert.FromBase64String(record.Data))).ToList();
        Assert.All(read, record => Assert.True(record.IsAggregated));
        Assert.Equal(records, read.Select(record => new Told(record.PartitionKey, record.ExplicitHashKey, Convert.ToBase64String(record.Data.Span), null)));
    }

    /// <summary>Keys that are no small numbers: the library looks keys up in an object, which sorts such ones.</summary>
    private static List<Told> Records(Random random, int count, double shareWithHashKeys) =>
    [
        .. Enumerable.Range(0, count).Select(_ => new Told(
            $"key-{random.Next(40)}-ü",
            random.NextDouble() < shareWithHashKeys ? $"9{random.NextInt64(1_000_000_000_000, 9_000_000_000_000)}" : null,
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(random.Next(1_000))),
            null)),
    ];

    private static async Task<T> AskAsync<T>(string direction, object question)
    {
        var script = Path.Combine(Repository.Root, "tests/Conformance/Clients/js/aggregation.mjs");
        using var process = Process.Start(new ProcessStartInfo("node", [script, direction])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var answer = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var errors = process.StandardError.ReadToEndAsync(timeout.Token);
        await JsonSerializer.SerializeAsync(process.StandardInput.BaseStream, question, Json, timeout.Token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(timeout.Token);
        Assert.True(process.ExitCode == 0, await errors);
        return JsonSerializer.Deserialize<T>(await answer, Json)!;
    }

    /// <summary>A record as the library's program tells it; the data in base64.</summary>
    private sealed record Told(string PartitionKey, string? ExplicitHashKey, string Data, long? SubSequenceNumber);
}
