namespace Broker.Contracts.Streams;

/// <summary>A stream's state (AWS, StreamStatus). Values are stored: never renumbered.</summary>
public enum StreamStatus
{
    Creating = 1,
    Deleting = 2,
    Active = 3,
    Updating = 4,
}

/// <summary>How a stream's capacity is set (AWS, StreamModeDetails). Values are stored: never renumbered.</summary>
public enum StreamMode
{
    /// <summary>AWS's limits per shard; shards are changed by hand.</summary>
    Provisioned = 1,

    /// <summary>Held back by physics alone; shards are changed by the broker or by hand through gRPC.</summary>
    OnDemand = 2,
}

/// <summary>A registered consumer's state (AWS, ConsumerStatus). Values are stored: never renumbered.</summary>
public enum ConsumerStatus
{
    Creating = 1,
    Deleting = 2,
    Active = 3,
}
