using System.Collections.Immutable;
using Broker.Contracts.Shards;

namespace Broker.Contracts.Streams;

/// <summary>A shard in its stream's lineage. Closed shards stay until all their records have expired.</summary>
/// <param name="Id">Its id; higher than its parents'.</param>
/// <param name="Range">The hash keys it takes, or took.</param>
/// <param name="Parents">None, one (split) or two (merge; the parent first, then the adjacent one).</param>
/// <param name="CreatedSecond">Unix second that leads its sequence numbers.</param>
/// <param name="ClosedPosition">Records it ended with; null while it is open.</param>
/// <param name="ClosedUnixMilliseconds">The arrival stamp of its seal; null while it is open.</param>
[GenerateSerializer, Immutable]
[Alias("broker.ShardDescription")]
public sealed record ShardDescription(
    [property: Id(0)] ShardId Id,
    [property: Id(1)] HashKeyRange Range,
    [property: Id(2)] ImmutableArray<ShardId> Parents,
    [property: Id(3)] long CreatedSecond,
    [property: Id(4)] long? ClosedPosition,
    [property: Id(5)] long? ClosedUnixMilliseconds)
{
    public bool IsOpen => ClosedPosition is null;

    /// <summary>Below the first record's: with no arrival second it is no record's own, so that reading at it and after it is the same.</summary>
    public SequenceNumber StartingSequenceNumber => new(CreatedSecond, Id.Index, 0, 0);

    /// <summary>Above all it gave; null while it is open.</summary>
    public SequenceNumber? EndingSequenceNumber =>
        ClosedPosition is { } position && ClosedUnixMilliseconds is { } stamp
            ? new SequenceNumber(CreatedSecond, Id.Index, position, stamp / 1000)
            : null;
}
