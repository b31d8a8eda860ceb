using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>What a <see cref="StreamFollower"/> reads.</summary>
internal sealed record FollowOptions
{
    /// <summary>Where the first shards are begun: TRIM_HORIZON, LATEST or AT_TIMESTAMP. Default TRIM_HORIZON.</summary>
    public StartingPosition From { get; init; } = new() { Type = ShardIteratorType.TrimHorizon };

    /// <summary>Only this shard, without its children; null for all.</summary>
    public string? OnlyShard { get; init; }

    /// <summary>End when every shard is caught up with or read to its end; else go on for ever.</summary>
    public bool ExitAtEnd { get; init; }

    /// <summary>Told each time reading a shard is interrupted, with the reason.</summary>
    public Action<string, Exception>? Interrupted { get; init; }
}
