namespace Broker.Cli.Verify;

/// <summary>What one reader has read: finds what comes twice and what comes out of order, as it comes.</summary>
/// <remarks>Not synchronized; <see cref="VerifyLedger"/> is.</remarks>
internal sealed class ReaderLedger(string name)
{
    private readonly Dictionary<(int Producer, int Key), Sequence> keys = [];
    private readonly Dictionary<string, ShardReading> shards = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public long Count { get; private set; }

    public bool HasRead(VerifyRecord record) =>
        keys.TryGetValue((record.Producer, record.Key), out var sequence) && sequence.Read.Contains(record.Number);

    /// <summary>What was read of each partition key.</summary>
    public IEnumerable<((int Producer, int Key) Key, RecordSet Read)> Keys => keys.Select(pair => (pair.Key, pair.Value.Read));

    public RecordSet? ReadOf((int Producer, int Key) key) => keys.GetValueOrDefault(key)?.Read;

    /// <summary>Takes a record.</summary>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public VerifyFault? Take(VerifyRecord record, string shardId, string sequenceNumber, long now)
    {
        Count++;
        var key = (record.Producer, record.Key);
        if (!keys.TryGetValue(key, out var sequence))
        {
            keys[key] = sequence = new Sequence();
        }

        var shard = Shard(shardId);
        var before = shard.Last;
        var rises = shard.Take(sequenceNumber, now);
        if (!sequence.Read.Add(record.Number))
        {
            return Fault(FaultKind.Doubled, record, shardId, sequenceNumber, "it was read before");
        }

        if (!rises)
        {
            return Fault(FaultKind.NotRising, record, shardId, sequenceNumber, $"the record before it in the shard has {before}");
        }

        if (record.Number < sequence.Highest)
        {
            return Fault(
                FaultKind.OutOfOrder, record, shardId, sequenceNumber,
                $"number {sequence.Highest} was read before, {sequence.HighestAt.Shard} {sequence.HighestAt.Number}");
        }

        sequence.Highest = record.Number;
        sequence.HighestAt = (shardId, sequenceNumber);
        return null;
    }

    /// <summary>The shard is read to its end.</summary>
    public void Finish(string shardId, long now) => Shard(shardId).FinishedAt ??= now;

    /// <summary>Shards that were begun before their parents' ends, or whose numbers are not above their parents'.</summary>
    public IEnumerable<VerifyFault> LineageFaults(IReadOnlyDictionary<string, IReadOnlyList<string>> parentsOf)
    {
        foreach (var (shardId, shard) in shards.Where(pair => pair.Value.First is not null))
        {
            foreach (var parentId in parentsOf.GetValueOrDefault(shardId, []))
            {
                var parent = shards.GetValueOrDefault(parentId);
                if (parent?.FinishedAt is not { } finished || finished > shard.BegunAt)
                {
                    yield return VerifyFault.OfShard(FaultKind.ChildFirst, Name, shardId, shard.First!, $"its parent {parentId} was not read to its end before");
                }

                if (parent?.Last is { } last && !ShardReading.IsAbove(shard.First!, last))
                {
                    yield return VerifyFault.OfShard(FaultKind.NotRising, Name, shardId, shard.First!, $"its parent {parentId} goes up to {last}");
                }
            }
        }
    }

    private ShardReading Shard(string shardId)
    {
        if (!shards.TryGetValue(shardId, out var shard))
        {
            shards[shardId] = shard = new ShardReading();
        }

        return shard;
    }

    private VerifyFault Fault(FaultKind kind, VerifyRecord record, string shardId, string sequenceNumber, string detail) =>
        new(kind, Name, record.Producer, record.PartitionKey, record.Number, shardId, sequenceNumber, detail);

    private sealed class Sequence
    {
        public RecordSet Read { get; } = new();

        public long Highest { get; set; } = -1;

        public (string Shard, string Number) HighestAt { get; set; }
    }
}
