using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;

namespace Broker.Tests.Simulation.Shards;

/// <summary>What was sent, told and read, and the rules that all of it must keep, at every restart and at the end.</summary>
internal sealed class ShardLedger(SimStream stream)
{
    private readonly Dictionary<long, (SentBatch Batch, int Index)> records = [];
    private readonly Dictionary<(ShardId Shard, long Position), (long Id, long Stamp)> seen = [];
    private readonly Dictionary<ShardId, (long Position, long Stamp)> ends = [];
    private readonly Dictionary<Guid, Dictionary<ShardId, (uint Epoch, ulong Highest)>> told = [];

    /// <summary>Records that were acknowledged, repeats not counted.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Answers that only repeated an earlier one.</summary>
    public int RepeatsTold { get; private set; }

    public int ReadRecords => seen.Count;

    /// <summary>
    /// No owner is ever superseded, so a fenced epoch and a number behind the window get no success at all. An owner that does not
    /// know yet of the next one still tells, truthfully, what it took.
    /// </summary>
    public bool HasOneOwner { get; init; }

    public void Sent(SentBatch batch)
    {
        for (var i = 0; i < batch.Ids.Length; i++)
        {
            records.Add(batch.Ids[i], (batch, i));
        }
    }

    /// <summary>What shards had acknowledged of a producer when a put began: what its answer is judged by.</summary>
    public Dictionary<ShardId, (uint Epoch, ulong Highest)> KnownOf(SentBatch batch) =>
        batch.Identity is { } identity && told.TryGetValue(identity.Producer, out var known) ? new(known) : [];

    /// <summary>An answer to a put, or to a repeat of it.</summary>
    public void Told(SentBatch batch, IEnumerable<AppendPart> parts, Dictionary<ShardId, (uint Epoch, ulong Highest)> knownBefore)
    {
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Indexes.Length; i++)
            {
                var place = new Placement(part.Shard, part.FirstPosition + i, part.ArrivalUnixMilliseconds);
                ref var first = ref batch.Told[part.Indexes[i]];
                Rule(first is null || first == place, $"record {batch.Ids[part.Indexes[i]]} of {batch.Identity} was told to be at {first}, and then at {place}");
                Rule(stream.Find(part.Shard).Range.Contains(batch.Keys[part.Indexes[i]]), $"{place} is not where the record's key belongs");
                Rule(part.ShardCreatedSecond == stream.Find(part.Shard).CreatedSecond, $"{place} was told under another creation second");
                (Acknowledged, RepeatsTold) = first is null ? (Acknowledged + 1, RepeatsTold) : (Acknowledged, RepeatsTold + 1);
                first = place;
            }

            if (batch.Identity is { } identity)
            {
                foreach (var shard in HasOneOwner ? stream.LineOf(part.Shard).Where(knownBefore.ContainsKey) : [])
                {
                    var (epoch, highest) = knownBefore[shard];
                    Rule(epoch <= identity.ProducerEpoch, $"{identity} was fenced by epoch {epoch} at {shard}, and was answered with success by {part.Shard}");
                    Rule(
                        epoch < identity.ProducerEpoch || identity.BatchNumber + ProducerLimits.WindowBatches > highest,
                        $"{identity} lay behind the window below {highest} at {shard}, and was answered with success by {part.Shard}");
                }

                var known = told.TryGetValue(identity.Producer, out var old) ? old : told[identity.Producer] = [];
                var last = known.GetValueOrDefault(part.Shard);
                if ((identity.ProducerEpoch, identity.BatchNumber).CompareTo(last) > 0)
                {
                    known[part.Shard] = (identity.ProducerEpoch, identity.BatchNumber);
                }
            }
        }
    }

    public long AcknowledgedEnd(ShardId shard) =>
        records.Values.Select(record => record.Batch.Told[record.Index]).Where(place => place?.Shard == shard).Max(place => place?.Position + 1) ?? 0;

    public void Saw(ShardId shard, long position, long id, long stamp)
    {
        var place = (shard, position);
        Rule(!seen.TryGetValue(place, out var before) || before == (id, stamp), $"{shard} {position} was read as {before}, and then as {(id, stamp)}");
        seen[place] = (id, stamp);
    }

    /// <summary>A shard was sealed, or was said to be by an answer or a reader.</summary>
    public void Sealed(ShardId shard, long position, long stamp)
    {
        Rule(!ends.TryGetValue(shard, out var before) || before == (position, stamp), $"{shard} was told to end at {before}, and then at {(position, stamp)}");
        ends[shard] = (position, stamp);
    }

    /// <summary>Checks everything that the logs of all shards hold against all that was told.</summary>
    /// <param name="found">Blocks of each shard in order, shards by id.</param>
    public void Check(SortedDictionary<ShardId, List<RecordBlock>> found)
    {
        Dictionary<long, Placement> places = [];
        Dictionary<ShardId, Dictionary<Guid, (uint Epoch, ulong Highest)>> windows = [];
        Dictionary<ShardId, long> lastStamps = [];
        foreach (var (shard, blocks) in found)
        {
            var description = stream.Find(shard);
            windows[shard] = Inherit(description.Parents.Select(parent => windows[parent]));
            var stamp = description.Parents.Select(parent => lastStamps[parent]).DefaultIfEmpty().Max();
            var (ordinal, position, epoch, isSealed) = (0L, 0L, 0L, false);
            foreach (var block in blocks)
            {
                var head = block.Head;
                Rule(!isSealed, $"{shard} has block {head.Ordinal} after its seal");
                Rule(head.Ordinal == ordinal++, $"{shard} has block {head.Ordinal} where {ordinal - 1} was expected");
                Rule(head.FirstPosition == position, $"{shard} goes on at position {head.FirstPosition} where {position} was expected");
                Rule(head.Epoch >= epoch, $"{shard} has epoch {head.Epoch} after {epoch}");
                Rule(head.ArrivalUnixMilliseconds >= stamp, $"{shard} block {head.Ordinal} is stamped {head.ArrivalUnixMilliseconds} after {stamp}");
                (position, epoch, stamp) = (head.EndPosition, head.Epoch, head.ArrivalUnixMilliseconds);
                isSealed = head.Flags.HasFlag(BlockFlags.Seal);
                CheckIdentities(shard, block, windows[shard]);
                CheckRecords(description, block, places);
            }

            lastStamps[shard] = stamp;
            if (ends.TryGetValue(shard, out var end))
            {
                Rule(isSealed && end == (position, stamp), $"{shard} was told to end at {end}, and its log does at {(position, stamp)}, sealed: {isSealed}");
            }
        }

        foreach (var (id, (batch, index)) in records)
        {
            Placement? there = places.TryGetValue(id, out var place) ? place : null;
            Rule(
                batch.Told[index] is not { } acknowledged || acknowledged == there,
                $"record {id} of {batch.Identity} was acknowledged at {batch.Told[index]}, and is at {there}");
        }

        foreach (var ((shard, position), (id, stamp)) in seen)
        {
            Rule(places.GetValueOrDefault(id) == new Placement(shard, position, stamp), $"record {id} was read at {shard} {position}, and is not there");
        }
    }

    public void Rule(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantException(what + ".");
        }
    }

    private static Dictionary<Guid, (uint Epoch, ulong Highest)> Inherit(IEnumerable<Dictionary<Guid, (uint Epoch, ulong Highest)>> parents)
    {
        Dictionary<Guid, (uint Epoch, ulong Highest)> union = [];
        foreach (var (producer, window) in parents.SelectMany(parent => parent))
        {
            union[producer] = union.TryGetValue(producer, out var other) && other.CompareTo(window) > 0 ? other : window;
        }

        return union;
    }

    private void CheckIdentities(ShardId shard, RecordBlock block, Dictionary<Guid, (uint Epoch, ulong Highest)> windows)
    {
        foreach (var (identity, first, count) in block.Identities)
        {
            Rule(first >= 0 && count > 0, $"{shard} block {block.Head.Ordinal} gives {identity} {count} records from {first} on");
            var window = windows.GetValueOrDefault(identity.Producer);
            Rule(identity.ProducerEpoch >= window.Epoch, $"{identity} landed at {shard} after epoch {window.Epoch}");
            Rule(
                identity.ProducerEpoch > window.Epoch || identity.BatchNumber + ProducerLimits.WindowBatches > window.Highest,
                $"{identity} landed at {shard} behind the window below {window.Highest}");
            if ((identity.ProducerEpoch, identity.BatchNumber).CompareTo(window) > 0)
            {
                windows[identity.Producer] = (identity.ProducerEpoch, identity.BatchNumber);
            }
        }
    }

    private void CheckRecords(ShardDescription shard, RecordBlock block, Dictionary<long, Placement> places)
    {
        if (block.Head.IsControl)
        {
            return;
        }

        var position = block.Head.FirstPosition;
        var reader = new BlockRecordReader(block.Payload.Span);
        while (reader.TryRead(out var record))
        {
            var id = BinaryPrimitives.ReadInt64LittleEndian(record.Data);
            var place = new Placement(shard.Id, position++, block.Head.ArrivalUnixMilliseconds);
            Rule(records.TryGetValue(id, out var sent), $"{place} holds record {id}, which nobody sent");
            Rule(places.TryAdd(id, place), $"record {id} of {sent.Batch.Identity} is at {places[id]} and at {place}");
            Rule(shard.Range.Contains(record.HashKey) && record.HashKey == sent.Batch.Keys[sent.Index], $"record {id} at {place} has a key that does not belong there");
            Rule(record.Data.Length == sent.Batch.Sizes[sent.Index], $"record {id} at {place} has {record.Data.Length} bytes");
        }

        Rule(position == block.Head.EndPosition, $"{shard.Id} block {block.Head.Ordinal} holds other than {block.Head.RecordCount} records");
    }
}
