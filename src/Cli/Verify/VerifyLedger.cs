namespace Broker.Cli.Verify;

/// <summary>
/// The checker: told what was acknowledged and what each reader read, it knows what was lost, doubled or put out of order.
/// </summary>
/// <remarks>
/// Called from any thread. Memory is bounded by what is acknowledged and not yet read, plus a bit a record that arrived in disorder.
/// </remarks>
internal sealed class VerifyLedger(IReadOnlyList<string> readers, TimeProvider time)
{
    /// <summary>Faults that are kept as evidence; all are counted.</summary>
    private const int MaxSamples = 20;

    private readonly Lock gate = new();
    private readonly ReaderLedger[] ledgers = [.. readers.Select(name => new ReaderLedger(name))];
    private readonly Dictionary<VerifyRecord, Expected> expected = [];
    private readonly HashSet<VerifyRecord> refused = [];
    private readonly List<(VerifyFault Fault, VerifyRecord Record)> disorder = [];
    private readonly List<VerifyFault> doubles = [];
    private readonly List<VerifyFault> misplacements = [];

    /// <summary>Where readers found what is not acknowledged yet.</summary>
    private readonly Dictionary<VerifyRecord, List<(int Reader, string ShardId, string SequenceNumber)>> early = [];
    private long doubled;
    private long misplaced;
    private long acknowledged;
    private TimeSpan longestStall;

    /// <summary>Records acknowledged so far.</summary>
    public long Acknowledged => Read(() => acknowledged);

    /// <summary>Acknowledged records that some reader has yet to read.</summary>
    public long Outstanding => Read(() => expected.Count);

    /// <summary>Records that a reader has read.</summary>
    public long ReadBy(int reader) => Read(() => ledgers[reader].Count);

    /// <summary>The records of a batch are durable, and readers owe them from now on.</summary>
    /// <param name="records">Each record with the place that the acknowledgement tells.</param>
    /// <param name="waited">How long the batch took.</param>
    /// <param name="wasRefused">The broker refused the batch for a while, so that later batches may have overtaken it.</param>
    public void Acknowledge(IReadOnlyList<(VerifyRecord Record, string ShardId, string SequenceNumber)> records, TimeSpan waited, bool wasRefused)
    {
        var now = time.GetTimestamp();
        lock (gate)
        {
            acknowledged += records.Count;
            longestStall = Max(longestStall, waited);
            foreach (var (record, shardId, sequenceNumber) in records)
            {
                if (wasRefused)
                {
                    refused.Add(record);
                }

                var missing = 0;
                for (var reader = 0; reader < ledgers.Length; reader++)
                {
                    missing |= ledgers[reader].HasRead(record) ? 0 : 1 << reader;
                }

                if (early.Remove(record, out var places))
                {
                    places.ForEach(place => Compare(record, shardId, sequenceNumber, place));
                }

                if (missing != 0)
                {
                    expected[record] = new Expected(now, missing, shardId, sequenceNumber);
                }
            }
        }
    }

    /// <summary>A reader has read a record.</summary>
    public void Take(int reader, VerifyRecord record, string shardId, string sequenceNumber)
    {
        lock (gate)
        {
            var fault = ledgers[reader].Take(record, shardId, sequenceNumber);
            if (fault?.Kind == FaultKind.Doubled)
            {
                doubled++;
                if (doubles.Count < MaxSamples)
                {
                    doubles.Add(fault);
                }
            }
            else if (fault is not null)
            {
                disorder.Add((fault, record));
            }

            if (!expected.TryGetValue(record, out var due))
            {
                if (fault?.Kind != FaultKind.Doubled)
                {
                    early.TryAdd(record, []);
                    early[record].Add((reader, shardId, sequenceNumber));
                }

                return;
            }

            if (fault?.Kind != FaultKind.Doubled)
            {
                Compare(record, due.ShardId, due.SequenceNumber, (reader, shardId, sequenceNumber));
            }

            longestStall = Max(longestStall, time.GetElapsedTime(due.Since));
            var missing = due.MissingReaders & ~(1 << reader);
            if (missing == 0)
            {
                expected.Remove(record);
            }
            else
            {
                expected[record] = due with { MissingReaders = missing };
            }
        }
    }

    /// <summary>The verdict as of now: what is outstanding counts as lost.</summary>
    public VerifyReport Report(string stream, long interruptions)
    {
        lock (gate)
        {
            var lost = expected.SelectMany(pair => Missing(pair.Key, pair.Value)).ToArray();
            var disordered = disorder.Where(fault => !refused.Contains(fault.Record)).Select(fault => fault.Fault).ToArray();
            return new VerifyReport(
                stream,
                acknowledged,
                ledgers.ToDictionary(ledger => ledger.Name, ledger => ledger.Count),
                lost.Length,
                doubled,
                disordered.Length,
                misplaced,
                disorder.Count - disordered.Length,
                (long)longestStall.TotalMilliseconds,
                interruptions,
                [.. lost.OrderBy(fault => fault.PartitionKey, StringComparer.Ordinal).ThenBy(fault => fault.Number).Take(MaxSamples),
                    .. doubles, .. misplacements, .. disordered.Take(MaxSamples)]);
        }
    }

    private IEnumerable<VerifyFault> Missing(VerifyRecord record, Expected due) => ledgers
        .Where((_, reader) => (due.MissingReaders & (1 << reader)) != 0)
        .Select(ledger => new VerifyFault(
            FaultKind.Lost, ledger.Name, record.Producer, record.PartitionKey, record.Number, due.ShardId, due.SequenceNumber,
            "acknowledged and not read"));

    private void Compare(VerifyRecord record, string shardId, string sequenceNumber, (int Reader, string ShardId, string SequenceNumber) read)
    {
        if (read.ShardId == shardId && read.SequenceNumber == sequenceNumber)
        {
            return;
        }

        misplaced++;
        if (misplacements.Count < MaxSamples)
        {
            misplacements.Add(new VerifyFault(
                FaultKind.Misplaced, ledgers[read.Reader].Name, record.Producer, record.PartitionKey, record.Number, read.ShardId,
                read.SequenceNumber, $"it was acknowledged at {shardId} {sequenceNumber}"));
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private T Read<T>(Func<T> read)
    {
        lock (gate)
        {
            return read();
        }
    }

    private sealed record Expected(long Since, int MissingReaders, string ShardId, string SequenceNumber);
}
