namespace Broker.Kcl.Aggregation;

/// <summary>A record as its producer put it, taken out of the record that carried it.</summary>
/// <param name="PartitionKey">Its own partition key; empty where it was put without.</param>
/// <param name="ExplicitHashKey">Its own explicit hash key, decimal; null for none, and for a record that was not aggregated.</param>
/// <param name="Data">Its data. Shares the memory of what it was read from where that was not aggregated.</param>
/// <param name="SubSequenceNumber">
/// Its place in the record that carried it, from 0, which tells records of one sequence number apart; 0 for a record that was not aggregated.
/// </param>
/// <param name="IsAggregated">Whether an aggregated record carried it.</param>
public readonly record struct UserRecord(
    string PartitionKey, string? ExplicitHashKey, ReadOnlyMemory<byte> Data, long SubSequenceNumber, bool IsAggregated);
