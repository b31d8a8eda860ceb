using Broker.V1;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Kcl.Consumer;

/// <summary>Where an application begins with a stream that is new to it. Where it has been before, it goes on from its checkpoints.</summary>
public sealed record InitialPosition
{
    private InitialPosition(StartingPosition message) => Message = message;

    /// <summary>After the newest record of when a shard is first read.</summary>
    public static InitialPosition Latest { get; } = new(new StartingPosition { Type = ShardIteratorType.Latest });

    /// <summary>At the oldest record.</summary>
    public static InitialPosition TrimHorizon { get; } = new(new StartingPosition { Type = ShardIteratorType.TrimHorizon });

    internal StartingPosition Message { get; }

    /// <summary>At the first record that arrived at a time or later; the time is not in the future.</summary>
    public static InitialPosition AtTimestamp(DateTimeOffset time) =>
        new(new StartingPosition { Type = ShardIteratorType.AtTimestamp, Timestamp = Timestamp.FromDateTimeOffset(time) });

    /// <summary>As AWS writes it.</summary>
    public override string ToString() => Message.Type switch
    {
        ShardIteratorType.TrimHorizon => "TRIM_HORIZON",
        ShardIteratorType.AtTimestamp => $"AT_TIMESTAMP {Message.Timestamp.ToDateTimeOffset():O}",
        _ => "LATEST",
    };
}
