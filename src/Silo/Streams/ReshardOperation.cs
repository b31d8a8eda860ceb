using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Lineage;

namespace Broker.Silo.Streams;

/// <summary>The kinds of resharding. Values are stored: never renumbered.</summary>
public enum ReshardKind
{
    Split = 1,
    Merge = 2,
    Uniform = 3,
    Grow = 4,
}

/// <summary>What a resharding is to reach: the intent, not a plan. What is left of it is always worked out from the lineage as it is.</summary>
public sealed record ReshardOperation
{
    public ReshardKind Kind { get; set; }

    /// <summary>The shard to split, or the first to merge.</summary>
    public int Shard { get; set; }

    /// <summary>The second to merge.</summary>
    public int AdjacentShard { get; set; }

    /// <summary>Where to split; decimal.</summary>
    public string? NewStart { get; set; }

    /// <summary>Equal shards to be; of a Grow, open shards to be at least.</summary>
    public int TargetCount { get; set; }

    /// <summary>The broker began it by itself, to follow a load.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsAutomatic { get; set; }

    /// <summary>The next steps, independent of one another; empty when the operation is done.</summary>
    public ImmutableArray<ReshardStep> NextSteps(StreamLineage lineage, int maxSteps) => Kind switch
    {
        ReshardKind.Split when HashKey.TryParse(NewStart, out var key) => ReshardPlanner.Split(lineage, new ShardId(Shard), key),
        ReshardKind.Merge => ReshardPlanner.Merge(lineage, new ShardId(Shard), new ShardId(AdjacentShard)),
        ReshardKind.Uniform => ReshardPlanner.Uniform(lineage, TargetCount, maxSteps),
        ReshardKind.Grow => ReshardPlanner.Grow(lineage, TargetCount, maxSteps),
        _ => throw new InvalidOperationException($"The stored operation {this} is none that this release knows."),
    };
}
