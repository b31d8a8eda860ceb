namespace Broker.Agent.Configuration;

/// <summary>What decides the shard of a record.</summary>
public enum PartitionKeyOption
{
    /// <summary>Chance.</summary>
    Random,

    /// <summary>The record's bytes, by their MD5.</summary>
    Deterministic,
}
