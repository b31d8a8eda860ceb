using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>How far a shard is processed.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Position">For <see cref="CheckpointKind.SequenceNumber"/>: the last processed record's, or a place between records.</param>
/// <param name="Time">For <see cref="CheckpointKind.AtTimestamp"/>.</param>
public sealed record ShardCheckpoint(CheckpointKind Kind, RecordPosition? Position = null, DateTimeOffset? Time = null)
{
    /// <summary>As KCL names it: a sequence number, or the kind in capitals.</summary>
    public override string ToString() => Kind switch
    {
        CheckpointKind.TrimHorizon => "TRIM_HORIZON",
        CheckpointKind.Latest => "LATEST",
        CheckpointKind.AtTimestamp => "AT_TIMESTAMP",
        CheckpointKind.ShardEnd => "SHARD_END",
        _ => $"{Position}",
    };

    internal static ShardCheckpoint Of(LeaseCheckpoint message) => message.Type switch
    {
        LeaseCheckpointType.Latest => new(CheckpointKind.Latest),
        LeaseCheckpointType.AtTimestamp => new(CheckpointKind.AtTimestamp, Time: message.Timestamp.ToDateTimeOffset()),
        LeaseCheckpointType.SequenceNumber => new(
            CheckpointKind.SequenceNumber, new RecordPosition(message.SequenceNumber, message.HasSubSequenceNumber ? (long)message.SubSequenceNumber : null)),
        LeaseCheckpointType.ShardEnd => new(CheckpointKind.ShardEnd),
        _ => new(CheckpointKind.TrimHorizon),
    };
}
