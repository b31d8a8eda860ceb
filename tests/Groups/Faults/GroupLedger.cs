using System.Globalization;

namespace Broker.Tests.Groups.Faults;

/// <summary>Judges what the workers of an application did, from their logs: what must hold whoever was killed or paused when.</summary>
internal static class GroupLedger
{
    /// <summary>All faults; none when all is as promised.</summary>
    /// <param name="events">The logs of all workers.</param>
    /// <param name="put">Of each key, how many records were put: 0, 1, 2 and so on.</param>
    public static IEnumerable<string> Faults(IReadOnlyCollection<WorkerEvent> events, IReadOnlyDictionary<string, int> put) =>
        [.. Missing(events, put), .. Shared(events), .. OutOfOrder(events), .. Repeated(events), .. KeysOutOfOrder(events), .. EarlyChildren(events)];

    /// <summary>At least once.</summary>
    public static IEnumerable<string> Missing(IEnumerable<WorkerEvent> events, IReadOnlyDictionary<string, int> put)
    {
        var processed = events.Where(one => one.Kind == "record").Select(one => (one.Words[0], one.Words[1])).ToHashSet();
        return from key in put
               from number in Enumerable.Range(0, key.Value)
               where !processed.Contains((key.Key, number.ToString(CultureInfo.InvariantCulture)))
               select $"record {number} of {key.Key} was never processed";
    }

    /// <summary>A lease of one counter is one worker's.</summary>
    private static IEnumerable<string> Shared(IEnumerable<WorkerEvent> events) => events
        .Where(one => one.Kind is "checkpoint" or "granted")
        .GroupBy(one => (one.Shard, one.Counter), one => one.Worker)
        .Where(lease => lease.Distinct().Count() > 1)
        .Select(lease => $"{lease.Key.Shard} was checkpointed for counter {lease.Key.Counter} by {string.Join(" and ", lease.Distinct())}");

    /// <summary>Within a lease the records rise.</summary>
    private static IEnumerable<string> OutOfOrder(IEnumerable<WorkerEvent> events) => events
        .Where(one => one.Kind == "record")
        .GroupBy(one => (one.Worker, one.Shard, one.Counter))
        .SelectMany(lease => lease.Zip(lease.Skip(1)).Where(pair => Compare(pair.First.Number, pair.Second.Number) >= 0))
        .Select(pair => $"{pair.First.Shard}, counter {pair.First.Counter}: {pair.Second.Number} came after {pair.First.Number}");

    /// <summary>What is checkpointed is not undone: the next lease begins at or behind it, and its records behind that.</summary>
    private static IEnumerable<string> Repeated(IEnumerable<WorkerEvent> events)
    {
        foreach (var shard in events.GroupBy(one => one.Shard))
        {
            var reached = "0";
            foreach (var lease in shard.GroupBy(one => one.Counter).OrderBy(lease => lease.Key))
            {
                if (lease.FirstOrDefault(one => one.Kind == "granted") is not { } granted)
                {
                    continue;
                }

                if (Compare(granted.Number, reached) < 0)
                {
                    yield return $"{shard.Key}: counter {lease.Key} begins at {granted.Number}, below the checkpoint {reached} of the one before";
                }

                foreach (var record in lease.Where(one => one.Kind == "record" && Compare(one.Number, granted.Number) <= 0))
                {
                    yield return $"{shard.Key}: counter {lease.Key} was given {record.Number} again, at or below its checkpoint {granted.Number}";
                }

                reached = lease.Where(one => one.Kind == "checkpoint").Select(one => one.Number).Append(granted.Number).MaxBy(Sortable)!;
            }
        }
    }

    /// <summary>A key's records are processed for the first time in their order, across shards, workers and resharding.</summary>
    private static IEnumerable<string> KeysOutOfOrder(IEnumerable<WorkerEvent> events)
    {
        foreach (var key in events.Where(one => one.Kind == "record").GroupBy(one => one.Words[0]))
        {
            var first = key.GroupBy(one => int.Parse(one.Words[1], CultureInfo.InvariantCulture))
                .OrderBy(number => number.Key).Select(number => (Number: number.Key, Time: number.Min(one => one.Time))).ToList();
            foreach (var (before, after) in first.Zip(first.Skip(1)).Where(pair => pair.First.Time > pair.Second.Time))
            {
                yield return $"record {after.Number} of {key.Key} was processed before record {before.Number}";
            }
        }
    }

    /// <summary>A shard begins when its parents are processed to their ends.</summary>
    private static IEnumerable<string> EarlyChildren(IReadOnlyCollection<WorkerEvent> events)
    {
        var ends = events.Where(one => one.Kind == "ended").GroupBy(one => one.Shard).ToDictionary(shard => shard.Key, shard => shard.Min(one => one.Time));
        return from granted in events
               where granted.Kind == "granted"
               from parent in granted.Words.FirstOrDefault("").Split(',', StringSplitOptions.RemoveEmptyEntries)
               where !ends.TryGetValue(parent, out var end) || end > granted.Time
               select $"{granted.Shard} began before {parent} was processed to its end";
    }

    private static int Compare(string one, string other) => string.CompareOrdinal(Sortable(one), Sortable(other));

    private static string Sortable(string number) => number.PadLeft(60, '0');
}
