using System.Collections.Immutable;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Lineage;

/// <summary>A stream's shards, open and closed, and the rules by which they change. Immutable; knows no grain and no clock.</summary>
/// <remarks>
/// Two things always hold of a lineage that is not empty: the open shards cover 0 to 2^128-1 with neither gap nor overlap, and a
/// shard's creation second is above its parents', so that its sequence numbers are above all of theirs.
/// </remarks>
public sealed class StreamLineage
{
    private readonly ImmutableSortedDictionary<ShardId, ShardDescription> shards;

    private StreamLineage(ImmutableSortedDictionary<ShardId, ShardDescription> shards)
    {
        this.shards = shards;
        Open = [.. shards.Values.Where(shard => shard.IsOpen).OrderBy(shard => shard.Range.Start)];
    }

    public static StreamLineage Empty { get; } = new(ImmutableSortedDictionary<ShardId, ShardDescription>.Empty);

    /// <summary>Every shard, by id.</summary>
    public IEnumerable<ShardDescription> Shards => shards.Values;

    /// <summary>The open shards, by hash key.</summary>
    public ImmutableArray<ShardDescription> Open { get; }

    /// <summary>The index that the next shard gets. The newest shard is always open, so no index is ever given twice.</summary>
    public int NextIndex => shards.IsEmpty ? 0 : shards.Keys.Last().Index + 1;

    /// <summary>The shards of a new stream.</summary>
    public static StreamLineage Create(int shardCount, long nowSecond)
    {
        var ranges = HashKeyRange.Uniform(shardCount);
        return Restore(ranges.Select((range, index) => new ShardDescription(new ShardId(index), range, [], nowSecond, null, null)));
    }

    /// <summary>A lineage as its rows tell it.</summary>
    public static StreamLineage Restore(IEnumerable<ShardDescription> shards) => new(shards.ToImmutableSortedDictionary(shard => shard.Id, shard => shard));

    public ShardDescription? Find(ShardId id) => shards.GetValueOrDefault(id);

    /// <summary>Closes a shard where its log was sealed and opens its two halves.</summary>
    /// <exception cref="InvalidOperationException">The shard is not there or not open, or the key does not split it.</exception>
    public LineageChange Split(ShardId id, HashKey newStart, SealedEnd end, long nowSecond)
    {
        var parent = OpenShard(id);
        var (lower, upper) = parent.Range.SplitAt(newStart);
        var closed = Close(parent, end);
        var second = ChildSecond(nowSecond, closed);
        return Apply(
            [closed],
            [
                new ShardDescription(new ShardId(NextIndex), lower, [id], second, null, null),
                new ShardDescription(new ShardId(NextIndex + 1), upper, [id], second, null, null),
            ]);
    }

    /// <summary>Closes two adjacent shards where their logs were sealed and opens their union.</summary>
    /// <exception cref="InvalidOperationException">A shard is not there or not open, or the two are not adjacent.</exception>
    public LineageChange Merge(ShardId id, SealedEnd end, ShardId adjacentId, SealedEnd adjacentEnd, long nowSecond)
    {
        var parent = Close(OpenShard(id), end);
        var adjacent = Close(OpenShard(adjacentId), adjacentEnd);
        if (!parent.Range.IsAdjacentTo(adjacent.Range))
        {
            throw new InvalidOperationException($"{id} and {adjacentId} are not adjacent.");
        }

        var second = Math.Max(ChildSecond(nowSecond, parent), ChildSecond(nowSecond, adjacent));
        return Apply(
            [parent, adjacent],
            [new ShardDescription(new ShardId(NextIndex), parent.Range.MergeWith(adjacent.Range), [id, adjacentId], second, null, null)]);
    }

    /// <summary>Closed shards all of whose records arrived before the horizon.</summary>
    public ImmutableArray<ShardId> Expired(long horizonUnixMilliseconds) =>
        [.. shards.Values.Where(shard => HasExpired(shard, horizonUnixMilliseconds)).Select(shard => shard.Id)];

    public StreamLineage Without(IEnumerable<ShardId> ids) => new(shards.RemoveRange(ids));

    public static bool HasExpired(ShardDescription shard, long horizonUnixMilliseconds) => shard.ClosedUnixMilliseconds < horizonUnixMilliseconds;

    private LineageChange Apply(ImmutableArray<ShardDescription> closed, ImmutableArray<ShardDescription> opened) =>
        new(new StreamLineage(shards.SetItems(closed.Concat(opened).Select(shard => KeyValuePair.Create(shard.Id, shard)))), closed, opened);

    private ShardDescription OpenShard(ShardId id) =>
        Find(id) is { IsOpen: true } shard ? shard : throw new InvalidOperationException($"{id} is not an open shard.");

    private static ShardDescription Close(ShardDescription shard, SealedEnd end) =>
        shard with { ClosedPosition = end.Position, ClosedUnixMilliseconds = end.ArrivalUnixMilliseconds };

    // Above the parent's creation second, which leads its sequence numbers, however the clock stands; and never below its seal.
    private static long ChildSecond(long nowSecond, ShardDescription parent) =>
        Math.Max(Math.Max(nowSecond, parent.CreatedSecond + 1), (parent.ClosedUnixMilliseconds ?? 0) / 1000);
}
