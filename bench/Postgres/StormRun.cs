using System.Diagnostics;
using System.Globalization;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Bench.Postgres;

/// <summary>What the rest of a cluster asks for when one of its silos dies: a third of 10,000 shards opened at once.</summary>
internal static class StormRun
{
    private const int Shards = 3_333;

    public static async Task MeasureAsync(string connectionString)
    {
        var options = new PostgresOptions { ConnectionString = connectionString };
        await using var database = options.CreateDataSource();
        await using var log = await PostgresLog.OpenAsync(database, options, TimeProvider.System, NullLogger<PostgresLog>.Instance, default);
        var keys = Enumerable.Range(0, Shards).Select(shard => new ShardKey(new StreamGeneration(long.MaxValue), new ShardId(shard))).ToArray();
        for (var round = 1; round <= 3; round++)
        {
            var clock = Stopwatch.StartNew();
            await Task.WhenAll(keys.Select(key => log.OpenAsync(key, default).AsTask()));
            var opened = clock.Elapsed.TotalMilliseconds;
            clock.Restart();
            await Task.WhenAll(keys.Select(key => log.IsCurrentAsync(key, round, default).AsTask()));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Shards} openings at once: {opened:F0} ms; their epochs verified: {clock.Elapsed.TotalMilliseconds:F0} ms"));
        }

        await log.DeleteStreamAsync(keys[0].Stream, default);
    }
}
