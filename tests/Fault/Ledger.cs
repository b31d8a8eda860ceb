using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Broker.Tests.Fault;

/// <summary>Everything that was sent and everything that was acknowledged, kept outside the broker, and the comparison with what is read.</summary>
public sealed class Ledger
{
    private readonly ConcurrentDictionary<string, (string Shard, string Sequence)> acknowledged = new();
    private readonly ConcurrentDictionary<string, long> counters = new();

    public int AcknowledgedCount => acknowledged.Count;

    public IEnumerable<(string Id, string Shard, string Sequence)> Acknowledged =>
        acknowledged.Select(entry => (entry.Key, entry.Value.Shard, entry.Value.Sequence));

    /// <summary>The data of the next record of a writer: <c>writer|key|number|padding</c>. One number a writer, whatever the key.</summary>
    public (string Id, byte[] Data) Next(string writer, string key, int padding)
    {
        var number = counters.AddOrUpdate(writer, 1, (_, last) => last + 1);
        var id = string.Create(CultureInfo.InvariantCulture, $"{writer}|{key}|{number}");
        return (id, Encoding.UTF8.GetBytes($"{id}|{new string('p', padding)}"));
    }

    public static string IdOf(ReadOnlySpan<byte> data)
    {
        var text = Encoding.UTF8.GetString(data);
        return text[..text.LastIndexOf('|')];
    }

    public void Acknowledge(string id, string shard, string sequence)
    {
        if (!acknowledged.TryAdd(id, (shard, sequence)) && acknowledged[id] != (shard, sequence))
        {
            throw new InvalidOperationException($"{id} was acknowledged as {acknowledged[id]} and again as {(shard, sequence)}.");
        }
    }

    /// <summary>Faults of a complete read, in the order in which a follower saw the records (parents before children).</summary>
    /// <param name="read">What was read.</param>
    /// <param name="orderedWriters">Writers whose records must be in order, within a key and within a shard.</param>
    public List<string> Check(IReadOnlyList<ReadRecord> read, IReadOnlySet<string> orderedWriters)
    {
        var faults = new List<string>();
        var seen = new Dictionary<string, ReadRecord>();
        var lastOfShard = new Dictionary<string, string>();
        var lastOfLane = new Dictionary<(string Writer, string Lane), long>();
        foreach (var record in read)
        {
            if (!seen.TryAdd(record.Id, record))
            {
                faults.Add($"doubled: {record} and {seen[record.Id]}");
            }

            if (lastOfShard.TryGetValue(record.Shard, out var last) && string.CompareOrdinal(last, record.Sequence) >= 0)
            {
                faults.Add($"sequence number not rising in {record.Shard}: {record.Sequence} after {last}");
            }

            lastOfShard[record.Shard] = record.Sequence;
            var parts = record.Id.Split('|');
            if (orderedWriters.Contains(parts[0]))
            {
                var number = long.Parse(parts[2], CultureInfo.InvariantCulture);
                foreach (var lane in (string[])[$"key {parts[1]}", $"shard {record.Shard}"])
                {
                    if (lastOfLane.TryGetValue((parts[0], lane), out var lastNumber) && number <= lastNumber)
                    {
                        faults.Add($"out of order: {record} after number {lastNumber} of its {lane}");
                    }

                    lastOfLane[(parts[0], lane)] = number;
                }
            }
        }

        foreach (var (id, shard, sequence) in Acknowledged)
        {
            if (!seen.TryGetValue(id, out var record))
            {
                faults.Add($"lost: {id}, acknowledged in {shard} at {sequence}");
            }
            else if (record.Shard != shard || record.Sequence != sequence)
            {
                faults.Add($"moved: {id}, acknowledged in {shard} at {sequence}, read in {record.Shard} at {record.Sequence}");
            }
        }

        return faults;
    }
}

/// <summary>A record as read.</summary>
public sealed record ReadRecord(string Id, string Shard, string Sequence, long ArrivalUnixMilliseconds);
