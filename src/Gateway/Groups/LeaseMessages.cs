using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Gateway.Groups;

/// <summary>Leases and checkpoints on the wire.</summary>
internal static class LeaseMessages
{
    public static V1.LeaseCheckpoint ToMessage(LeaseCheckpoint checkpoint)
    {
        var message = new V1.LeaseCheckpoint
        {
            Type = checkpoint.Type switch
            {
                CheckpointType.TrimHorizon => V1.LeaseCheckpointType.TrimHorizon,
                CheckpointType.Latest => V1.LeaseCheckpointType.Latest,
                CheckpointType.AtTimestamp => V1.LeaseCheckpointType.AtTimestamp,
                CheckpointType.SequenceNumber => V1.LeaseCheckpointType.SequenceNumber,
                CheckpointType.ShardEnd => V1.LeaseCheckpointType.ShardEnd,
                _ => V1.LeaseCheckpointType.Unspecified,
            },
            SequenceNumber = checkpoint.Type == CheckpointType.SequenceNumber ? checkpoint.Number.ToString() : "",
            Timestamp = checkpoint.Type == CheckpointType.AtTimestamp
                ? Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(checkpoint.UnixMilliseconds))
                : null,
        };
        if (checkpoint.SubSequenceNumber is { } sub)
        {
            message.SubSequenceNumber = sub;
        }

        return message;
    }

    /// <summary>Where an application begins.</summary>
    /// <param name="member">The member's name, for messages.</param>
    /// <param name="position">As the client sent it; null for LATEST.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="BrokerException">InvalidArgument.</exception>
    public static LeaseCheckpoint ReadPosition(string member, V1.StartingPosition? position, DateTimeOffset now)
    {
        switch (position?.Type ?? V1.ShardIteratorType.Latest)
        {
            case V1.ShardIteratorType.TrimHorizon:
                return LeaseCheckpoint.TrimHorizon;
            case V1.ShardIteratorType.Latest:
                return LeaseCheckpoint.Latest;
            case V1.ShardIteratorType.AtTimestamp:
                return position!.Timestamp is { Nanos: >= 0 and < 1_000_000_000, Seconds: >= 0 } time && time.Seconds <= now.ToUnixTimeSeconds()
                    ? LeaseCheckpoint.AtTimestamp((time.Seconds * 1000) + (time.Nanos / 1_000_000))
                    : throw new BrokerException(
                        BrokerErrorCode.InvalidArgument,
                        $"{member}.timestamp is {position.Timestamp?.ToString() ?? "absent"}: it must be a time from 1970 to now.");
            default:
                throw new BrokerException(
                    BrokerErrorCode.InvalidArgument, $"{member}.type is {position!.Type}: it must be one of TRIM_HORIZON, LATEST, AT_TIMESTAMP.");
        }
    }
}
