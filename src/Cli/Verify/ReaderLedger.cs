using Broker.Contracts.Shards;

namespace Broker.Cli.Verify;

/// <summary>What one reader has read: finds what comes twice and what comes out of order, as it comes.</summary>
/// <remarks>Not synchronized; <see cref="VerifyLedger"/> is.</remarks>
internal sealed class ReaderLedger(string name)
{
    private readonly Dictionary<(int Producer, int Key), Sequence> keys = [];
    private readonly Dictionary<string, string> lastInShard = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public long Count { get; private set; }

    public bool HasRead(VerifyRecord record) =>
        keys.TryGetValue((record.Producer, record.Key), out var sequence) && sequence.Read.Contains(record.Number);

    /// <summary>Takes a record.</summary>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public VerifyFault? Take(VerifyRecord record, string shardId, string sequenceNumber)
    {
        Count++;
        var key = (record.Producer, record.Key);
        if (!keys.TryGetValue(key, out var sequence))
        {
            keys[key] = sequence = new Sequence();
        }

        var before = lastInShard.GetValueOrDefault(shardId);
        lastInShard[shardId] = sequenceNumber;
        if (!sequence.Read.Add(record.Number))
        {
            return Fault(FaultKind.Doubled, record, shardId, sequenceNumber, "it was read before");
        }

        if (record.Number < sequence.Highest)
        {
            return Fault(
                FaultKind.OutOfOrder, record, shardId, sequenceNumber,
                $"number {sequence.Highest} was read before, {sequence.HighestAt.Shard} {sequence.HighestAt.Number}");
        }

        sequence.Highest = record.Number;
        sequence.HighestAt = (shardId, sequenceNumber);
        return before is not null && !IsAbove(sequenceNumber, before)
            ? Fault(FaultKind.OutOfOrder, record, shardId, sequenceNumber, $"the record before it in the shard has {before}")
            : null;
    }

    private static bool IsAbove(string number, string other) => SequenceNumber.TryParse(number, out var left) && SequenceNumber.TryParse(other, out var right)
        ? left > right
        : number.Length != other.Length ? number.Length > other.Length : string.CompareOrdinal(number, other) > 0;

    private VerifyFault Fault(FaultKind kind, VerifyRecord record, string shardId, string sequenceNumber, string detail) =>
        new(kind, Name, record.Producer, record.PartitionKey, record.Number, shardId, sequenceNumber, detail);

    private sealed class Sequence
    {
        public RecordSet Read { get; } = new();

        public long Highest { get; set; } = -1;

        public (string Shard, string Number) HighestAt { get; set; }
    }
}
