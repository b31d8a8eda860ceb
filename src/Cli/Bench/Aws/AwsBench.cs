using System.Text;
using System.Text.Json;

namespace Broker.Cli.Bench.Aws;

/// <summary>A stream behind an AWS endpoint, loaded by clients that each send one request after another on a connection of their own.</summary>
internal sealed class AwsBench(Uri endpoint, string stream, AwsProtocol protocol, CancellationToken cancellation)
{
    /// <summary>Different requests of a client.</summary>
    private const int Variety = 8;

    /// <summary>Bytes by which the answers of one read differ: a delay and an iterator have no fixed length.</summary>
    private const int AnswerTolerance = 256;

    private readonly AwsRequests requests = new(endpoint);

    /// <summary>Makes the stream and waits until it is ACTIVE.</summary>
    public async Task CreateAsync(int shards)
    {
        await AskAsync("CreateStream", new { StreamName = stream, ShardCount = shards });
        var backoff = TimeSpan.FromMilliseconds(50);
        while ((await AskAsync("DescribeStream", new { StreamName = stream })).GetProperty("StreamDescription").GetProperty("StreamStatus").GetString() != "ACTIVE")
        {
            await Task.Delay(backoff, cancellation);
        }
    }

    public Task DeleteAsync() => AskAsync("DeleteStream", new { StreamName = stream });

    /// <summary>Puts so many records into the stream, in requests of 500.</summary>
    public async Task FillAsync(int records, int recordBytes)
    {
        using var connection = new AwsConnection(endpoint);
        await connection.OpenAsync(cancellation);
        var request = requests.PutRecords(AwsProtocol.Json, stream, 500, recordBytes);
        for (var put = 0; put < records; put += 500)
        {
            await SucceedAsync(connection, request, null);
        }
    }

    /// <summary>Sends puts until the plan ends.</summary>
    public async Task PutAsync(int batch, int recordBytes, LoadPlan plan, LoadCounter counter, LatencyRecorder latency)
    {
        var prepared = Enumerable.Range(0, Variety).Select(_ => batch == 1
            ? requests.PutRecord(protocol, stream, recordBytes)
            : requests.PutRecords(protocol, stream, batch, recordBytes)).ToArray();
        using var connection = new AwsConnection(endpoint);
        await connection.OpenAsync(cancellation);
        for (var sent = 0; await plan.NextAsync(batch, cancellation) is { } due; sent++)
        {
            var (status, _) = await connection.CallAsync(prepared[sent % Variety], null, cancellation);
            latency.AddSince(due);
            Count(counter, status == 200 ? null : $"HTTP status {status}", batch, recordBytes);
        }
    }

    /// <summary>Makes a client ready that reads the stream's first shard from its beginning, and looks into its first answer.</summary>
    public async Task<AwsReader> OpenReaderAsync(int limit)
    {
        var iterator = (await AskAsync("GetShardIterator", new { StreamName = stream, ShardId = "shardId-000000000000", ShardIteratorType = "TRIM_HORIZON" }))
            .GetProperty("ShardIterator").GetString()!;
        var request = requests.GetRecords(protocol, iterator, limit);
        var connection = new AwsConnection(endpoint);
        await connection.OpenAsync(cancellation);
        using var first = new MemoryStream();
        await SucceedAsync(connection, request, first);
        var records = Occurrences(first.GetBuffer().AsSpan(0, (int)first.Length), "SequenceNumber"u8);
        return records > 0
            ? new AwsReader(connection, request, records, first.Length)
            : throw new CommandException("GetRecords answered without records.");
    }

    /// <summary>Reads the same again and again until the plan ends; an answer counts as the first when it is as long.</summary>
    public async Task GetAsync(AwsReader reader, int recordBytes, LoadPlan plan, LoadCounter counter, LatencyRecorder latency)
    {
        while (await plan.NextAsync(reader.Records, cancellation) is { } due)
        {
            var (status, bytes) = await reader.Connection.CallAsync(reader.Request, null, cancellation);
            latency.AddSince(due);
            var fault = status != 200 ? $"HTTP status {status}"
                : Math.Abs(bytes - reader.Bytes) > AnswerTolerance ? $"An answer of {bytes} bytes, where the first had {reader.Bytes}"
                : null;
            Count(counter, fault, reader.Records, recordBytes);
        }
    }

    private static void Count(LoadCounter counter, string? fault, int records, int recordBytes)
    {
        if (fault is null)
        {
            counter.Add(records, (long)records * recordBytes);
        }
        else
        {
            counter.Fail(records, fault);
        }
    }

    private static int Occurrences(ReadOnlySpan<byte> text, ReadOnlySpan<byte> of)
    {
        var count = 0;
        for (int at; (at = text.IndexOf(of)) >= 0; text = text[(at + of.Length)..])
        {
            count++;
        }

        return count;
    }

    private async Task<JsonElement> AskAsync(string operation, object input)
    {
        using var connection = new AwsConnection(endpoint);
        await connection.OpenAsync(cancellation);
        using var answer = new MemoryStream();
        await SucceedAsync(connection, requests.Json(operation, input), answer);
        return answer.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(answer.GetBuffer().AsSpan(0, (int)answer.Length));
    }

    private async Task SucceedAsync(AwsConnection connection, byte[] request, MemoryStream? answer)
    {
        using var body = new MemoryStream();
        var (status, _) = await connection.CallAsync(request, answer ?? body, cancellation);
        if (status != 200)
        {
            throw new CommandException($"{endpoint} answered {status}: {Encoding.UTF8.GetString((answer ?? body).ToArray())}");
        }
    }
}
