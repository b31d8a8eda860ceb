namespace Broker.Cli.Verify;

/// <summary>A piece of evidence.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Reader">Which reader found it.</param>
/// <param name="Producer">The record's producer; -1 where a shard is meant as a whole.</param>
/// <param name="PartitionKey">Its partition key; empty for a shard.</param>
/// <param name="Number">Its number under that key; -1 for a shard.</param>
/// <param name="ShardId">Where it was read; where it was acknowledged if it was lost; empty where that is not kept.</param>
/// <param name="SequenceNumber">As the shard.</param>
/// <param name="Detail">What it contradicts.</param>
internal sealed record VerifyFault(
    FaultKind Kind, string Reader, int Producer, string PartitionKey, long Number, string ShardId, string SequenceNumber, string Detail)
{
    public static VerifyFault OfShard(FaultKind kind, string reader, string shardId, string sequenceNumber, string detail) =>
        new(kind, reader, -1, "", -1, shardId, sequenceNumber, detail);

    public static VerifyFault OfRecord(FaultKind kind, string reader, VerifyRecord record, string detail) =>
        new(kind, reader, record.Producer, record.PartitionKey, record.Number, "", "", detail);

    public override string ToString() =>
        $"{Word} ({Reader}): {(Number < 0 ? "" : $"key {PartitionKey} number {Number}, ")}{ShardId} {SequenceNumber}".TrimEnd(' ', ',') + $": {Detail}";

    private string Word => Kind switch
    {
        FaultKind.OutOfOrder or FaultKind.NotRising => "out of order",
        FaultKind.ChildFirst => "child before parent",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}
