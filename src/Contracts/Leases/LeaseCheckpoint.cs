using Broker.Contracts.Shards;

namespace Broker.Contracts.Leases;

/// <summary>How far a shard is processed.</summary>
/// <param name="Type">The kind.</param>
/// <param name="Number">Of the last processed record, for <see cref="CheckpointType.SequenceNumber"/>; without an arrival second it is a place between records.</param>
/// <param name="SubSequenceNumber">Of the last processed part of an aggregated record; null where all of it is processed.</param>
/// <param name="UnixMilliseconds">For <see cref="CheckpointType.AtTimestamp"/>.</param>
[GenerateSerializer, Immutable]
[Alias("broker.LeaseCheckpoint")]
public readonly record struct LeaseCheckpoint(
    [property: Id(0)] CheckpointType Type,
    [property: Id(1)] SequenceNumber Number = default,
    [property: Id(2)] ulong? SubSequenceNumber = null,
    [property: Id(3)] long UnixMilliseconds = 0)
{
    public static LeaseCheckpoint TrimHorizon { get; } = new(CheckpointType.TrimHorizon);

    public static LeaseCheckpoint Latest { get; } = new(CheckpointType.Latest);

    public static LeaseCheckpoint ShardEnd { get; } = new(CheckpointType.ShardEnd);

    public bool IsShardEnd => Type == CheckpointType.ShardEnd;

    public static LeaseCheckpoint AtTimestamp(long unixMilliseconds) => new(CheckpointType.AtTimestamp, UnixMilliseconds: unixMilliseconds);

    public static LeaseCheckpoint At(SequenceNumber number, ulong? subSequenceNumber = null) =>
        new(CheckpointType.SequenceNumber, number, subSequenceNumber);

    /// <summary>Where reading goes on. A record of which a part is left is read again; a place between records is read at.</summary>
    /// <remarks>For <see cref="CheckpointType.SequenceNumber"/> alone.</remarks>
    public long NextPosition => Number.Position + (SubSequenceNumber is null && Number.ArrivalSecond != 0 ? 1 : 0);

    /// <summary>Whether it is behind another one: to go there would undo work that is checkpointed. Both are sequence numbers of one shard.</summary>
    public bool IsBelow(in LeaseCheckpoint other) =>
        NextPosition != other.NextPosition ? NextPosition < other.NextPosition : (SubSequenceNumber ?? 0) < (other.SubSequenceNumber ?? 0);

    public override string ToString() => Type switch
    {
        CheckpointType.TrimHorizon => "TRIM_HORIZON",
        CheckpointType.Latest => "LATEST",
        CheckpointType.ShardEnd => "SHARD_END",
        CheckpointType.AtTimestamp => $"AT_TIMESTAMP {DateTimeOffset.FromUnixTimeMilliseconds(UnixMilliseconds):O}",
        _ => SubSequenceNumber is { } sub ? $"{Number}:{sub}" : Number.ToString(),
    };
}
