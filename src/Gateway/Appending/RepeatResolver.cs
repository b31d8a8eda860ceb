using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;

namespace Broker.Gateway.Appending;

/// <summary>Carries out a shard's verdicts on one portion: acknowledges what was taken before, refuses, or leaves the rest to send again.</summary>
internal static class RepeatResolver
{
    /// <summary>The verdicts on a portion's identity, ancestors' first; null where there is none.</summary>
    public static List<BatchVerdict>? Select(ImmutableArray<BatchVerdict> verdicts, AppendPortion portion)
    {
        List<BatchVerdict>? selected = null;
        foreach (var verdict in verdicts)
        {
            if (verdict.Identity == portion.Group.Identity)
            {
                (selected ??= new List<BatchVerdict>(1)).Add(verdict);
            }
        }

        selected?.Sort(static (left, right) => left.TakenBy.CompareTo(right.TakenBy));
        return selected;
    }

    /// <returns>True where records are left to send again; false where the portion is settled.</returns>
    public static bool Apply(AppendPortion portion, List<BatchVerdict> verdicts)
    {
        foreach (var verdict in verdicts)
        {
            if (verdict.Code != BrokerErrorCode.None)
            {
                portion.IsUncertain = false;
                portion.Fail(verdict.Code, verdict.Message ?? $"Batch {verdict.Identity.BatchNumber} was refused: {verdict.Code}.");
                return false;
            }

            if (portion.Handled.Contains(verdict.TakenBy))
            {
                portion.Fail(BrokerErrorCode.Internal, $"{verdict.TakenBy} told twice that it took batch {verdict.Identity.BatchNumber}.");
                return false;
            }

            if (portion.Group.Resolve(verdict, out var records, out var refused) is var fault and not BrokerErrorCode.None)
            {
                portion.Fail(fault, $"Batch {verdict.Identity.BatchNumber} was taken by {verdict.TakenBy} before with other records.");
                return false;
            }

            Acknowledge(portion, verdict, records);
            Refuse(portion, verdict, refused);
            portion.Handled.Add(verdict.TakenBy);
            if (portion.RecordCount == 0)
            {
                return false;
            }
        }

        // What was unknown is known now: what is left has not been taken.
        portion.IsUncertain = false;
        return true;
    }

    /// <summary>What a shard's limit kept out the first time is kept out of the repeat: a shard takes a request once.</summary>
    private static void Refuse(AppendPortion portion, BatchVerdict verdict, List<int> refused)
    {
        List<int> own = [.. refused.Where(index => Array.BinarySearch(portion.Records.Indexes, index) >= 0)];
        if (own.Count > 0)
        {
            portion.Records = own.Count == portion.RecordCount ? new EncodedRecords([], []) : PortionEditor.Without(portion.Records, own);
            portion.Batch.Failed(new AppendFault(
                BrokerErrorCode.ProvisionedThroughputExceeded, $"Rate exceeded for shard {verdict.TakenBy}.", [.. own], IsUncertain: false));
        }
    }

    /// <summary>Tells the batch where the portion's share of the records is, in runs of neighbouring positions.</summary>
    private static void Acknowledge(AppendPortion portion, BatchVerdict verdict, List<int> records)
    {
        var own = new List<int>(portion.RecordCount);
        var parts = new List<AppendPart>(1);
        var run = new List<int>();
        var runStart = 0;
        for (var rank = 0; rank <= records.Count; rank++)
        {
            var isOwn = rank < records.Count && Array.BinarySearch(portion.Records.Indexes, records[rank]) >= 0;
            if (isOwn)
            {
                if (run.Count == 0)
                {
                    runStart = rank;
                }

                run.Add(records[rank]);
                own.Add(records[rank]);
            }
            else if (run.Count > 0)
            {
                parts.Add(new AppendPart(
                    verdict.TakenBy,
                    verdict.TakenByCreatedSecond,
                    verdict.FirstPosition + runStart,
                    verdict.ArrivalUnixMilliseconds,
                    [.. run])
                {
                    EncryptionType = portion.EncryptionType,
                });
                run.Clear();
            }
        }

        // The records leave the portion before the batch can be done.
        if (own.Count > 0)
        {
            portion.Records = own.Count == portion.RecordCount
                ? new EncodedRecords([], [])
                : PortionEditor.Without(portion.Records, own);
        }

        foreach (var part in parts)
        {
            portion.Batch.Took(part);
        }
    }
}
