using System.Diagnostics;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Bench.Postgres;

/// <summary>What the log makes durable: eight shards, each with several appends in flight, of bytes that nothing compresses.</summary>
internal static class LogRun
{
    private const int Shards = 8;
    private const int Depth = 8;

    private static long lastGeneration;

    public static async Task<Figure> MeasureAsync(string connectionString, int blockBytes, TimeSpan duration)
    {
        var options = new PostgresOptions { ConnectionString = connectionString };
        await using var database = options.CreateDataSource();
        await using var log = await PostgresLog.OpenAsync(database, options, TimeProvider.System, NullLogger<PostgresLog>.Instance, default);
        var stream = new StreamGeneration(++lastGeneration);
        var payload = new byte[blockBytes - BlockHead.EncodedLength];
        new Random(1).NextBytes(payload);
        var end = Figure.Begin();
        var counts = await Task.WhenAll(
            Enumerable.Range(0, Shards).Select(shard => Task.Run(() => WriteAsync(log, new ShardKey(stream, new ShardId(shard)), payload, duration))));
        var figure = end(counts.Sum(count => count.Appends) * blockBytes, counts.Sum(count => count.Appends), counts.Sum(count => count.Waited));
        await log.DeleteStreamAsync(stream, default);
        await log.ExpireAsync(new Dictionary<StreamGeneration, long>(), default);
        await using var checkpoint = database.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync();
        return figure;
    }

    private static async Task<(long Appends, double Waited)> WriteAsync(PostgresLog log, ShardKey key, byte[] payload, TimeSpan duration)
    {
        var head = await log.OpenAsync(key, default);
        var block = PayloadBuilder.MakeBlock(key, payload, 1, []);
        var arrival = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var flying = new Queue<(Task<AppendOutcome> Append, long Began)>();
        var clock = Stopwatch.StartNew();
        long count = 0;
        double waited = 0;
        while (clock.Elapsed < duration || flying.Count > 0)
        {
            if (clock.Elapsed < duration && flying.Count < Depth)
            {
                var stamped = block.Stamp(head.Epoch, head.NextOrdinal + count, head.NextPosition + count, arrival);
                flying.Enqueue((log.AppendAsync(new ShardAppend(key, head.Epoch, stamped.Head.Ordinal, [stamped])).AsTask(), Stopwatch.GetTimestamp()));
                count++;
                continue;
            }

            var (append, began) = flying.Dequeue();
            var outcome = await append;
            waited += Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (!outcome.IsCommitted)
            {
                throw new InvalidOperationException($"An append was not committed: {outcome}.");
            }
        }

        return (count, waited);
    }
}
