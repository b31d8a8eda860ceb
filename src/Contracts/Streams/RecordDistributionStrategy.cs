namespace Broker.Contracts.Streams;

/// <summary>What decides the shard of a record (AWS, UpdateStreamRecordDistributionStrategy). Values are stored: never renumbered.</summary>
public enum RecordDistributionStrategy
{
    /// <summary>The explicit hash key, else the hash of the partition key.</summary>
    UserPartitionKey = 1,

    /// <summary>The broker: records are spread evenly, whatever their keys. ON_DEMAND streams only.</summary>
    Auto = 2,
}
