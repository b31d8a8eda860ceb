using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Appending;

/// <summary>All records under one identity: what a shard's answer "I took those in my range" is resolved against. Thread-safe.</summary>
/// <param name="keys">Hash keys of the whole batch, by record.</param>
/// <param name="members">Which of the batch's records are under the identity, rising.</param>
internal sealed class AppendGroup(HashKey[] keys, int[] members)
{
    private readonly Lock sync = new();
    private readonly List<(ShardId Shard, HashKeyRange Range)> taken = [];
    private readonly List<HashKey> lost = new(0);
    private int[] members = members;

    /// <summary>Null until the first attempt of a put to which the gateway gives an identity.</summary>
    public BatchIdentity? Identity { get; set; }

    public HashKey KeyOf(int index) => keys[index];

    public HashKey[] Keys => keys;

    /// <summary>Notes that a shard took records of the group now.</summary>
    public void Took(ShardId shard, HashKeyRange range)
    {
        lock (sync)
        {
            taken.Add((shard, range));
        }
    }

    /// <summary>Notes that records will not be sent any more, so that only a repeat of the whole batch can bring them.</summary>
    public void Lost(int[] indexes)
    {
        lock (sync)
        {
            foreach (var index in indexes)
            {
                lost.Add(keys[index]);
            }
        }
    }

    /// <summary>
    /// True when records of the range are not to come any more. A shard that took the others alone would refuse a repeat of the
    /// batch for ever: it takes an identity once, with all the records in its range that no ancestor took.
    /// </summary>
    public bool HasLost(HashKeyRange range)
    {
        lock (sync)
        {
            foreach (var key in lost)
            {
                if (range.Contains(key))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Takes records out of the group that were refused before anything was taken.</summary>
    public void Remove(ReadOnlySpan<int> refused)
    {
        lock (sync)
        {
            var kept = new List<int>(members.Length);
            foreach (var index in members)
            {
                if (refused.BinarySearch(index) < 0)
                {
                    kept.Add(index);
                }
            }

            members = [.. kept];
        }
    }

    /// <summary>Which records a verdict speaks of: those in its range that no ancestor had taken, in their order.</summary>
    /// <param name="verdict">The verdict.</param>
    /// <param name="records">The records that were taken.</param>
    /// <param name="refused">Of a request that was repeated by its client: those that the shard's limit kept out then, the last ones.</param>
    /// <returns>None, or BatchMismatch where their number is not the verdict's: the number was used for another content.</returns>
    public BrokerErrorCode Resolve(BatchVerdict verdict, out List<int> records, out List<int> refused)
    {
        records = [];
        refused = [];
        lock (sync)
        {
            foreach (var index in members)
            {
                if (verdict.TakenRange.Contains(keys[index]) && !IsTakenBefore(verdict.TakenBy, keys[index]))
                {
                    records.Add(index);
                }
            }

            if (records.Count > verdict.RecordCount && verdict.Identity.ProducerEpoch == BatchIdentity.RequestEpoch)
            {
                refused = records[verdict.RecordCount..];
                records.RemoveRange(verdict.RecordCount, refused.Count);
            }

            if (records.Count != verdict.RecordCount)
            {
                return BrokerErrorCode.BatchMismatch;
            }

            taken.Add((verdict.TakenBy, verdict.TakenRange));
            return BrokerErrorCode.None;
        }
    }

    /// <summary>Shards whose ranges meet are of one line, and of those the lower id is the ancestor.</summary>
    private bool IsTakenBefore(ShardId shard, HashKey key)
    {
        foreach (var (earlier, range) in taken)
        {
            if (earlier < shard && range.Contains(key))
            {
                return true;
            }
        }

        return false;
    }
}
