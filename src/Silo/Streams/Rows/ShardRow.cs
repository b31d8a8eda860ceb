using System.Collections.Immutable;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Rows;

/// <summary>A shard of a lineage as it is stored (docs/layouts/rows.md). Hash keys are decimal, as AWS writes them.</summary>
public sealed record ShardRow
{
    public required string Start { get; set; }

    public required string End { get; set; }

    public ImmutableArray<int> Parents { get; set; } = [];

    public long CreatedSecond { get; set; }

    public long? ClosedPosition { get; set; }

    public long? ClosedUnixMilliseconds { get; set; }

    public static ShardRow Of(ShardDescription shard) => new()
    {
        Start = shard.Range.Start.ToString(),
        End = shard.Range.End.ToString(),
        Parents = [.. shard.Parents.Select(parent => parent.Index)],
        CreatedSecond = shard.CreatedSecond,
        ClosedPosition = shard.ClosedPosition,
        ClosedUnixMilliseconds = shard.ClosedUnixMilliseconds,
    };

    /// <exception cref="FormatException">A hash key is not one.</exception>
    public ShardDescription ToDescription(ShardId id) => new(
        id,
        new HashKeyRange(ParseKey(Start), ParseKey(End)),
        [.. Parents.Select(parent => new ShardId(parent))],
        CreatedSecond,
        ClosedPosition,
        ClosedUnixMilliseconds);

    private static HashKey ParseKey(string text) =>
        HashKey.TryParse(text, out var key) ? key : throw new FormatException($"'{text}' is not a hash key.");
}
