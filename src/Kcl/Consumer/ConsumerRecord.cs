namespace Broker.Kcl.Consumer;

/// <summary>A record as its producer put it; taken out of the aggregated record that carried it, where one did.</summary>
/// <param name="SequenceNumber">Decimal; rises within the shard. That of the record that carried it.</param>
/// <param name="SubSequenceNumber">Its place in the record that carried it, from 0; 0 for a record that was not aggregated.</param>
/// <param name="PartitionKey">Its partition key; empty where it was put without.</param>
/// <param name="ExplicitHashKey">Its explicit hash key, decimal; null for none, and for a record that was not aggregated.</param>
/// <param name="Data">Its data; valid for as long as it is referred to.</param>
/// <param name="ApproximateArrivalTime">When it arrived at the broker; milliseconds.</param>
/// <param name="IsAggregated">Whether an aggregated record carried it.</param>
public sealed record ConsumerRecord(
    string SequenceNumber,
    long SubSequenceNumber,
    string PartitionKey,
    string? ExplicitHashKey,
    ReadOnlyMemory<byte> Data,
    DateTimeOffset ApproximateArrivalTime,
    bool IsAggregated = false)
{
    /// <summary>Its place in the shard. That of the last part of an aggregated record is the whole record's.</summary>
    public RecordPosition Position => new(SequenceNumber, IsAggregated && !IsLastOfItsRecord ? SubSequenceNumber : null);

    /// <summary>Whether the record that carried it holds none after it.</summary>
    internal bool IsLastOfItsRecord { get; init; } = true;
}
