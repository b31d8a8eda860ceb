namespace Broker.Kcl.Producer;

/// <summary>A record to put.</summary>
/// <param name="PartitionKey">
/// 1 to 256 characters; records of one key keep their order. Empty for none, which ON_DEMAND streams alone take: such records are spread evenly.
/// </param>
/// <param name="Data">0 bytes up to the stream's record size. Not to be changed until the put returned its task, or, where it had to wait for room, completed.</param>
/// <param name="ExplicitHashKey">Decimal, 0 to 2^128-1: takes the place of the partition key's hash; null for none.</param>
public readonly record struct PutRecord(string PartitionKey, ReadOnlyMemory<byte> Data, string? ExplicitHashKey = null);
