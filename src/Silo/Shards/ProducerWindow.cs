using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;

namespace Broker.Silo.Shards;

/// <summary>A batch that a shard or one of its ancestors took.</summary>
/// <param name="TakenBy">Index of the shard that took it.</param>
/// <param name="FirstPosition">Its first record's position there.</param>
/// <param name="RecordCount">Records taken.</param>
/// <param name="ArrivalUnixMilliseconds">Their stamp.</param>
internal readonly record struct TakenBatch(int TakenBy, long FirstPosition, int RecordCount, long ArrivalUnixMilliseconds);

/// <summary>The recent batch numbers of one producer, as one shard knows them. Not thread-safe: lives in its shard's turn.</summary>
/// <remarks>
/// A window of numbers, not a high-water mark: a pipelined 5 may arrive before 4. After a merge a number can have been taken by both
/// parents, each for its own part of the hash space, hence more than one entry for a number.
/// </remarks>
internal sealed class ProducerWindow(uint epoch)
{
    private readonly Dictionary<ulong, TakenBatch> taken = [];
    private Dictionary<ulong, List<TakenBatch>>? takenTwice;
    private int sweepAt = FirstSweepAt;

    private const int FirstSweepAt = 64;

    public uint Epoch { get; } = epoch;

    public ulong Highest { get; private set; }

    public long LastSeenUnixMilliseconds { get; private set; }

    /// <summary>Entries held, for the shard's bound.</summary>
    public int Count { get; private set; }

    /// <summary>True when whether the number was taken cannot be told any more.</summary>
    public bool IsBehind(ulong number) => IsBehind(number, Highest);

    /// <summary>True when a number lies a whole window or more below another.</summary>
    public static bool IsBehind(ulong number, ulong highest) =>
        highest >= ProducerLimits.WindowBatches && number <= highest - ProducerLimits.WindowBatches;

    public void Add(ulong number, TakenBatch batch)
    {
        LastSeenUnixMilliseconds = Math.Max(LastSeenUnixMilliseconds, batch.ArrivalUnixMilliseconds);
        if (number > Highest)
        {
            Highest = number;
            DropBehind();
        }

        if (IsBehind(number))
        {
            return;
        }

        if (taken.TryAdd(number, batch))
        {
            Count++;
        }
        else if (taken[number] != batch)
        {
            takenTwice ??= [];
            if (!takenTwice.TryGetValue(number, out var others))
            {
                takenTwice[number] = others = [];
            }

            if (!others.Contains(batch))
            {
                others.Add(batch);
                Count++;
            }
        }
    }

    /// <summary>Who took the number, in no order; empty where nobody did.</summary>
    public IEnumerable<TakenBatch> TakersOf(ulong number)
    {
        if (!taken.TryGetValue(number, out var first))
        {
            yield break;
        }

        yield return first;
        if (takenTwice is not null && takenTwice.TryGetValue(number, out var others))
        {
            foreach (var other in others)
            {
                yield return other;
            }
        }
    }

    public IEnumerable<(ulong Number, TakenBatch Batch)> All()
    {
        foreach (var (number, batch) in taken)
        {
            yield return (number, batch);
        }

        foreach (var (number, batches) in takenTwice ?? [])
        {
            foreach (var batch in batches)
            {
                yield return (number, batch);
            }
        }
    }

    /// <summary>Raises the high-water mark alone, as a snapshot tells it.</summary>
    public void Restore(ulong highest, long lastSeenUnixMilliseconds)
    {
        Highest = Math.Max(Highest, highest);
        LastSeenUnixMilliseconds = Math.Max(LastSeenUnixMilliseconds, lastSeenUnixMilliseconds);
        DropBehind();
    }

    /// <summary>Drops what the window has passed, and of a gateway's numbers those that nobody repeats any more; not at every call.</summary>
    private void DropBehind()
    {
        if (taken.Count < sweepAt)
        {
            return;
        }

        var oldest = Epoch == BatchIdentity.GatewayEpoch
            ? LastSeenUnixMilliseconds - (long)ProducerLimits.GatewayRetention.TotalMilliseconds
            : long.MinValue;
        foreach (var (number, batch) in taken)
        {
            if (IsBehind(number) || batch.ArrivalUnixMilliseconds < oldest)
            {
                taken.Remove(number);
                Count--;
                if (takenTwice is not null && takenTwice.Remove(number, out var others))
                {
                    Count -= others.Count;
                }
            }
        }

        // Amortised: the next sweep comes when half as much again was added.
        sweepAt = Math.Max(FirstSweepAt, taken.Count + (taken.Count / 2));
    }
}
