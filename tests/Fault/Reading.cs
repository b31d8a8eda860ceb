using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Broker.Tests.Harness;
using Broker.V1;

namespace Broker.Tests.Fault;

/// <summary>Reads whole streams by polling, as an independent client does.</summary>
public static class Reading
{
    /// <summary>No answer takes this long: one that does is a fault with a name, not a test that hangs.</summary>
    private static DateTime Soon => DateTime.UtcNow.AddMinutes(1);

    /// <summary>Every record of a stream from TRIM_HORIZON, shard by shard, parents before children.</summary>
    public static async Task<List<ReadRecord>> AllAsync(RecordService.RecordServiceClient records, StreamService.StreamServiceClient streams, string stream)
    {
        var shards = await ShardsAsync(streams, stream);
        var read = new List<ReadRecord>();
        foreach (var shard in shards.OrderBy(shard => shard.ShardId, StringComparer.Ordinal))
        {
            read.AddRange(await FromAsync(records, stream, shard.ShardId, new StartingPosition { Type = ShardIteratorType.TrimHorizon }));
        }

        return read;
    }

    public static async Task<List<Shard>> ShardsAsync(StreamService.StreamServiceClient streams, string stream)
    {
        var shards = new List<Shard>();
        var request = new ListShardsRequest { StreamName = stream };
        while (true)
        {
            var page = await streams.ListShardsAsync(request, deadline: Soon);
            shards.AddRange(page.Shards);
            if (page.NextToken.Length == 0)
            {
                return shards;
            }

            request = new ListShardsRequest { NextToken = page.NextToken };
        }
    }

    /// <summary>The records of one shard from a place to its present end.</summary>
    public static async Task<List<ReadRecord>> FromAsync(RecordService.RecordServiceClient records, string stream, string shard, StartingPosition place)
    {
        var iterator = (await records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = stream,
            ShardId = shard,
            StartingPosition = place,
        }, deadline: Soon)).ShardIterator;
        var read = new List<ReadRecord>();
        while (true)
        {
            var page = await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator }, deadline: Soon);
            foreach (var record in page.Records)
            {
                read.Add(new ReadRecord(
                    Ledger.IdOf(record.Data.Span),
                    shard,
                    record.SequenceNumber,
                    record.ApproximateArrivalTimestamp.ToDateTimeOffset().ToUnixTimeMilliseconds()));
            }

            if (page.NextShardIterator.Length == 0 || (page.Records.Count == 0 && page.MillisBehindLatest == 0))
            {
                return read;
            }

            iterator = page.NextShardIterator;
        }
    }

    /// <summary>Every record of a stream as <c>broker tail</c> follows it by push, children after their parents.</summary>
    public static async Task<List<ReadRecord>> TailedAsync(string endpoint, string stream)
    {
        using var tail = Process.Start(new ProcessStartInfo(
            BrokerProcess.Executable, ["tail", stream, "--from", "trim-horizon", "--exit-at-end", "--output", "json", "--endpoint", endpoint])
        {
            RedirectStandardOutput = true,
        })!;
        var read = new List<ReadRecord>();
        while (await tail.StandardOutput.ReadLineAsync() is { } line)
        {
            using var record = JsonDocument.Parse(line);
            read.Add(new ReadRecord(
                Ledger.IdOf(Encoding.UTF8.GetBytes(record.RootElement.GetProperty("data").GetString()!)),
                record.RootElement.GetProperty("shardId").GetString()!,
                record.RootElement.GetProperty("sequenceNumber").GetString()!,
                record.RootElement.GetProperty("approximateArrivalTimestamp").GetDateTimeOffset().ToUnixTimeMilliseconds()));
        }

        await tail.WaitForExitAsync();
        return tail.ExitCode == 0 ? read : throw new InvalidOperationException($"broker tail ended with {tail.ExitCode}.");
    }

    /// <summary>The same through SubscribeToShard, until caught up or the shard's end.</summary>
    public static async Task<List<ReadRecord>> SubscribedAsync(RecordService.RecordServiceClient records, string stream, string shard)
    {
        using var call = records.SubscribeToShard(new SubscribeToShardRequest
        {
            StreamName = stream,
            ShardId = shard,
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        }, deadline: Soon);
        var read = new List<ReadRecord>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            var response = call.ResponseStream.Current;
            foreach (var record in response.Records)
            {
                read.Add(new ReadRecord(
                    Ledger.IdOf(record.Data.Span),
                    shard,
                    record.SequenceNumber,
                    record.ApproximateArrivalTimestamp.ToDateTimeOffset().ToUnixTimeMilliseconds()));
            }

            if (response.MillisBehindLatest == 0)
            {
                break;
            }
        }

        return read;
    }
}
