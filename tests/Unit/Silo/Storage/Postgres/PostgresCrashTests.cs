using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Tests.Harness.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>A server that crashes in the middle of commits: nothing acknowledged is lost, nothing lands twice, and the log goes on by itself.</summary>
public sealed class PostgresCrashTests
{
    private const int Shards = 6;
    private const int Crashes = 3;

    [PostgresFact]
    public async Task What_was_acknowledged_before_a_crash_is_there_after_it_once()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await PostgresDatabase.CreateAsync(server);
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        await using var node = await PostgresNode.OpenAsync(database.ConnectionString);
        var histories = Enumerable.Range(0, Shards).Select(shard => new History(TestLog.Key(shard))).ToArray();
        for (var crash = 0; crash < Crashes; crash++)
        {
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var acknowledged = 0;
            var writing = histories.Select(history => WriteUntilUncertainAsync(
                node.Log,
                history,
                () =>
                {
                    if (Interlocked.Increment(ref acknowledged) == 200)
                    {
                        enough.SetResult();
                    }
                })).ToArray();
            await enough.Task;
            await server.CrashAsync();
            await Task.WhenAll(writing);
            await server.RestartAsync();
        }

        foreach (var history in histories)
        {
            var (key, acknowledged, unknown) = (history.Shard, history.Acknowledged, history.Unknown);
            var head = await OpenAsync(node.Log, key);
            List<long> read = [];
            while (read.Count < head.NextOrdinal)
            {
                read.AddRange((await node.Log.ReadBlocksAsync(key, read.Count, 1_000_000, default)).Select(NumberOf));
            }

            Assert.Equal(read.Order(), read);
            Assert.Equal(read.Distinct(), read);
            Assert.Empty(acknowledged.Except(read));
            Assert.Empty(read.Except(acknowledged).Except(unknown));
            Assert.Equal(Crashes, unknown.Count);
        }
    }

    /// <summary>Opens the shard and appends one block after the other until the outcome of one is unknown.</summary>
    private static async Task WriteUntilUncertainAsync(IShardLog log, History history, Action onAcknowledged)
    {
        var head = await OpenAsync(log, history.Shard);
        while (true)
        {
            var number = ++history.LastNumber;
            var payload = new byte[2_000];
            BinaryPrimitives.WriteInt64LittleEndian(payload, number);
            var block = PayloadBuilder.MakeBlock(history.Shard, payload, 1, []).Stamp(head.Epoch, head.NextOrdinal, head.NextPosition, 1);
            var outcome = await log.AppendAsync(new ShardAppend(history.Shard, head.Epoch, head.NextOrdinal, [block]));
            if (!outcome.IsCommitted)
            {
                Assert.Equal(AppendStatus.Uncertain, outcome.Status);
                history.Unknown.Add(number);
                return;
            }

            history.Acknowledged.Add(number);
            head = LogWriter.After(head, block);
            onAcknowledged();
        }
    }

    /// <summary>The server is back; a connection of the pool may not know yet that it ended.</summary>
    private static async Task<ShardHead> OpenAsync(IShardLog log, ShardKey shard)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await log.OpenAsync(shard, default);
            }
            catch (StorageException) when (attempt < 10)
            {
            }
        }
    }

    private static long NumberOf(RecordBlock block) => BinaryPrimitives.ReadInt64LittleEndian(block.Payload.Span);

    private sealed class History(ShardKey shard)
    {
        public ShardKey Shard { get; } = shard;

        public long LastNumber { get; set; }

        public List<long> Acknowledged { get; } = [];

        public List<long> Unknown { get; } = [];
    }
}
