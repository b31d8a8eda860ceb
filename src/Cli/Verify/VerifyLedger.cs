namespace Broker.Cli.Verify;

/// <summary>
/// The checker: told what was sent, what was acknowledged and what each reader read, it knows what was lost, doubled, put out of order,
/// made up, or shown before it was durable.
/// </summary>
/// <remarks>
/// Called from any thread. Memory is bounded by what is acknowledged and not yet read, plus a bit a record that arrived in disorder.
/// </remarks>
internal sealed class VerifyLedger(IReadOnlyList<string> readers, TimeProvider time)
{
    /// <summary>The reader that reads all shards again in the end; <see cref="ReadAgain"/> begins it.</summary>
    public const int Again = -1;

    private readonly Lock gate = new();
    private readonly ReaderLedger[] ledgers = [.. readers.Select(name => new ReaderLedger(name))];
    private readonly Dictionary<VerifyRecord, Expected> expected = [];
    private readonly Dictionary<(int Producer, int Key), long> attempted = [];
    private readonly Dictionary<(int Producer, int Key), RecordSet> acknowledgedOf = [];
    private readonly Dictionary<string, PlaceDigest> places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> parentsOf = new(StringComparer.Ordinal);
    private readonly HashSet<VerifyRecord> refused = [];
    private readonly List<(VerifyFault Fault, VerifyRecord Record)> disorder = [];
    private readonly FaultSamples faults = new();

    /// <summary>Where readers found what is not acknowledged yet.</summary>
    private readonly Dictionary<VerifyRecord, List<(int Reader, string ShardId, string SequenceNumber)>> early = [];
    private RereadLedger? again;
    private long events;
    private long acknowledged;
    private TimeSpan longestStall;

    /// <summary>Told of each acknowledged record, and how long its batch took, under the ledger's lock.</summary>
    public Action<VerifyRecord, TimeSpan>? OnAcknowledged { get; init; }

    /// <summary>Records acknowledged so far.</summary>
    public long Acknowledged => Read(() => acknowledged);

    /// <summary>Records that some reader has yet to read: those acknowledged, and once all was read again, those found there.</summary>
    public long Outstanding => Read(() => Math.Max(expected.Count, again?.Skipped().LongCount() ?? 0));

    /// <summary>Records that a reader has read.</summary>
    public long ReadBy(int reader) => Read(() => ledgers[reader].Count);

    /// <summary>A record is about to be sent; numbers of a key are sent in order, and from now on it may be read.</summary>
    public void Attempt(VerifyRecord record)
    {
        lock (gate)
        {
            var key = (record.Producer, record.Key);
            attempted[key] = Math.Max(record.Number, attempted.GetValueOrDefault(key));
        }
    }

    /// <summary>Nobody waits for the record's acknowledgement any more, so that it may land after later ones, once, or not at all.</summary>
    public void Abandon(VerifyRecord record)
    {
        lock (gate)
        {
            refused.Add(record);
        }
    }

    /// <summary>The records of a batch are durable, and readers owe them from now on.</summary>
    /// <param name="records">Each record with the place that the acknowledgement tells.</param>
    /// <param name="waited">How long the batch took.</param>
    /// <param name="wasRefused">The broker refused the batch for a while, so that later batches may have overtaken it.</param>
    public void Acknowledge(IReadOnlyList<(VerifyRecord Record, string ShardId, string SequenceNumber)> records, TimeSpan waited, bool wasRefused)
    {
        var now = time.GetTimestamp();
        lock (gate)
        {
            longestStall = Max(longestStall, waited);
            foreach (var (record, shardId, sequenceNumber) in records)
            {
                if (wasRefused)
                {
                    refused.Add(record);
                }

                Acknowledge(record, shardId, sequenceNumber, now);
                OnAcknowledged?.Invoke(record, waited);
            }
        }
    }

    /// <summary>A reader has read a record.</summary>
    public void Take(int reader, VerifyRecord record, string shardId, string sequenceNumber)
    {
        lock (gate)
        {
            events++;
            var fault = reader == Again
                ? again!.Take(record, shardId, sequenceNumber, events, IsAcknowledged(record))
                : ledgers[reader].Take(record, shardId, sequenceNumber, events);
            if (fault?.Kind == FaultKind.OutOfOrder)
            {
                disorder.Add((fault, record));
            }
            else if (fault is not null)
            {
                faults.Add(fault);
            }

            if (record.Number > attempted.GetValueOrDefault((record.Producer, record.Key), -1))
            {
                faults.Add(Fault(FaultKind.Invented, reader, record, shardId, sequenceNumber, "it was never sent"));
            }

            if (fault?.Kind != FaultKind.Doubled)
            {
                Settle(reader, record, shardId, sequenceNumber);
            }
        }
    }

    /// <summary>A reader has read a shard to its end, and was told the shards that follow, each with all its parents.</summary>
    public void Finish(int reader, string shardId, IEnumerable<(string ShardId, IReadOnlyList<string> Parents)> children)
    {
        lock (gate)
        {
            (reader == Again ? again!.Reader : ledgers[reader]).Finish(shardId, ++events);
            foreach (var (child, parents) in children)
            {
                parentsOf[child] = parents;
            }
        }
    }

    /// <summary>Producers have ended: everything is read once more from the beginning, by <see cref="Again"/>.</summary>
    public void ReadAgain()
    {
        lock (gate)
        {
            again = new RereadLedger(ledgers);
        }
    }

    /// <summary>The verdict as of now: what is outstanding counts as lost.</summary>
    public VerifyReport Report(string stream, long interruptions)
    {
        lock (gate)
        {
            var all = faults.Copy();
            foreach (var fault in AtTheEnd())
            {
                all.Add(fault);
            }

            var overtaken = disorder.Count(fault => refused.Contains(fault.Record));
            return new VerifyReport(
                stream,
                acknowledged,
                ledgers.Append(again?.Reader).OfType<ReaderLedger>().ToDictionary(ledger => ledger.Name, ledger => ledger.Count),
                all.Count(FaultKind.Lost),
                all.Count(FaultKind.Doubled),
                all.Count(FaultKind.OutOfOrder) + all.Count(FaultKind.NotRising),
                all.Count(FaultKind.Misplaced),
                all.Count(FaultKind.ChildFirst),
                all.Count(FaultKind.Vanished),
                all.Count(FaultKind.Invented),
                overtaken,
                (long)longestStall.TotalMilliseconds,
                interruptions,
                all.Samples);
        }
    }

    private void Acknowledge(VerifyRecord record, string shardId, string sequenceNumber, long now)
    {
        var key = (record.Producer, record.Key);
        if (!acknowledgedOf.TryGetValue(key, out var numbers))
        {
            acknowledgedOf[key] = numbers = new RecordSet();
        }

        numbers.Add(record.Number);
        if (!places.TryGetValue(shardId, out var digest))
        {
            places[shardId] = digest = new PlaceDigest();
        }

        digest.Add(record, sequenceNumber);
        acknowledged++;
        var missing = 0;
        for (var reader = 0; reader < ledgers.Length; reader++)
        {
            missing |= ledgers[reader].HasRead(record) ? 0 : 1 << reader;
        }

        if (early.Remove(record, out var found))
        {
            found.ForEach(place => Compare(record, shardId, sequenceNumber, place, "it was acknowledged at"));
        }

        if (missing != 0)
        {
            expected[record] = new Expected(now, missing, shardId, sequenceNumber);
        }
    }

    private bool IsAcknowledged(VerifyRecord record) =>
        acknowledgedOf.TryGetValue((record.Producer, record.Key), out var numbers) && numbers.Contains(record.Number);

    /// <summary>Crosses a record off what its reader owes, or keeps where it was found until it is acknowledged.</summary>
    private void Settle(int reader, VerifyRecord record, string shardId, string sequenceNumber)
    {
        if (expected.TryGetValue(record, out var due))
        {
            Compare(record, due.ShardId, due.SequenceNumber, (reader, shardId, sequenceNumber), "it was acknowledged at");
            if (reader == Again)
            {
                return;
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
        else if (!IsAcknowledged(record))
        {
            early.TryAdd(record, []);
            early[record].Add((reader, shardId, sequenceNumber));
        }
    }

    private IEnumerable<VerifyFault> AtTheEnd()
    {
        foreach (var fault in expected.SelectMany(pair => Missing(pair.Key, pair.Value)).OrderBy(fault => fault.PartitionKey, StringComparer.Ordinal).ThenBy(fault => fault.Number)
            .Concat(disorder.Where(fault => !refused.Contains(fault.Record)).Select(fault => fault.Fault))
            .Concat(ledgers.SelectMany(ledger => ledger.LineageFaults(parentsOf)))
            .Concat(early.SelectMany(pair => Apart(pair.Key, pair.Value))))
        {
            yield return fault;
        }

        if (again is null)
        {
            yield break;
        }

        // Where some are missing, that their shards differ tells nothing more.
        var lost = again.Lost(acknowledgedOf).ToList();
        foreach (var fault in lost.Concat(again.Vanished()).Concat(lost.Count > 0 ? [] : again.Misplaced(places)).Concat(again.Reader.LineageFaults(parentsOf)))
        {
            yield return fault;
        }

        foreach (var (reader, record) in again.Skipped())
        {
            if (!expected.ContainsKey(record))
            {
                yield return VerifyFault.OfRecord(FaultKind.Lost, ledgers[reader].Name, record, "in the log and not read");
            }
        }
    }

    private IEnumerable<VerifyFault> Missing(VerifyRecord record, Expected due) => ledgers
        .Where((_, reader) => (due.MissingReaders & (1 << reader)) != 0)
        .Select(ledger => new VerifyFault(
            FaultKind.Lost, ledger.Name, record.Producer, record.PartitionKey, record.Number, due.ShardId, due.SequenceNumber,
            "acknowledged and not read"));

    /// <summary>Readers that found a record without acknowledgement at other places than the first of them.</summary>
    private IEnumerable<VerifyFault> Apart(VerifyRecord record, List<(int Reader, string ShardId, string SequenceNumber)> found) => found.Skip(1)
        .Where(place => (place.ShardId, place.SequenceNumber) != (found[0].ShardId, found[0].SequenceNumber))
        .Select(place => Fault(
            FaultKind.Misplaced, place.Reader, record, place.ShardId, place.SequenceNumber,
            $"{NameOf(found[0].Reader)} read it at {found[0].ShardId} {found[0].SequenceNumber}"));

    private void Compare(VerifyRecord record, string shardId, string sequenceNumber, (int Reader, string ShardId, string SequenceNumber) read, string what)
    {
        if (read.ShardId != shardId || read.SequenceNumber != sequenceNumber)
        {
            faults.Add(Fault(FaultKind.Misplaced, read.Reader, record, read.ShardId, read.SequenceNumber, $"{what} {shardId} {sequenceNumber}"));
        }
    }

    private VerifyFault Fault(FaultKind kind, int reader, VerifyRecord record, string shardId, string sequenceNumber, string detail) =>
        new(kind, NameOf(reader), record.Producer, record.PartitionKey, record.Number, shardId, sequenceNumber, detail);

    private string NameOf(int reader) => reader == Again ? again!.Reader.Name : ledgers[reader].Name;

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
