namespace Broker.Cli.Verify;

/// <summary>A piece of evidence.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Reader">Which reader found it.</param>
/// <param name="Producer">The record's producer.</param>
/// <param name="PartitionKey">Its partition key.</param>
/// <param name="Number">Its number under that key.</param>
/// <param name="ShardId">Where it was read; where it was acknowledged if it was lost.</param>
/// <param name="SequenceNumber">As the shard.</param>
/// <param name="Detail">What it contradicts.</param>
internal sealed record VerifyFault(
    FaultKind Kind, string Reader, int Producer, string PartitionKey, long Number, string ShardId, string SequenceNumber, string Detail)
{
    public override string ToString() =>
        $"{Kind switch { FaultKind.Lost => "lost", FaultKind.Doubled => "doubled", FaultKind.Misplaced => "misplaced", _ => "out of order" }} ({Reader}): " +
        $"key {PartitionKey} number {Number}, {ShardId} {SequenceNumber}: {Detail}";
}
