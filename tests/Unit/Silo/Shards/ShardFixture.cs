using System.Collections.Immutable;
using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Tests.Unit.Silo.Shards;

/// <summary>Makes shards of one stream over one log and one clock, and requests for them.</summary>
internal sealed class ShardFixture
{
    public static readonly StreamGeneration Stream = new(7);

    public MemoryShardLog Log { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_750_000_000));

    public TailCache Cache { get; init; } = new(64 * 1024 * 1024);

    public ProducerLimits Limits { get; } = new();

    public static ShardDescription Describe(int index, HashKeyRange range, params int[] parents) =>
        new(new ShardId(index), range, [.. parents.Select(parent => new ShardId(parent))], 1_750_000_000 + index, null, null);

    public Shard Open(ShardDescription self, params ShardDescription[] parents) => new(
        new ShardKey(Stream, self.Id), self, [.. parents], Log, Limits, Time, Cache, NullLogger.Instance);

    public ShardReader ReaderOf(Shard shard, ShardDescription self) =>
        new(new ShardKey(Stream, self.Id), shard, Log, new ShardOptions(), Time);

    /// <summary>One block with a record for each key, all under one identity.</summary>
    public static ImmutableArray<RecordBlock> Batch(ShardDescription shard, BatchIdentity identity, params string[] keys)
    {
        using var builder = new PayloadBuilder();
        foreach (var key in keys)
        {
            builder.Add(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"data of {key} in {identity.BatchNumber}"), null);
        }

        return [builder.Build(new ShardKey(Stream, shard.Id), [new BlockIdentity(identity, 0, keys.Length)])];
    }

    /// <summary>Appends on the thread that calls, and goes on on the one that releases the log: a shard is one at a time, as in its grain's turns.</summary>
    public static Task<AppendResult> PutAsync(Shard shard, ImmutableArray<RecordBlock> blocks, params HandledRepeat[] handled)
    {
        var runner = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return shard.AppendAsync(blocks, [.. handled], default, null, CancellationToken.None).AsTask();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(runner);
        }
    }

    public static string[] KeysIn(HashKeyRange range, int count) =>
        [.. Enumerable.Range(0, int.MaxValue).Select(i => $"key{i}").Where(key => range.Contains(HashKey.OfPartitionKey(key))).Take(count)];
}
