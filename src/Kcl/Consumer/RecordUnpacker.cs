using Broker.Kcl.Aggregation;
using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>Makes of a shard's records those that their producers put.</summary>
/// <param name="shard">The shard's hash keys: what belongs elsewhere was put again by its producer.</param>
/// <param name="checkpoint">Where the shard's records begin: parts of a record up to here are processed already.</param>
internal sealed class RecordUnpacker(HashKeyRange shard, ShardCheckpoint checkpoint)
{
    /// <param name="records">As they were pushed.</param>
    /// <param name="first">The first of them to take.</param>
    /// <param name="count">How many.</param>
    public List<ConsumerRecord> Unpack(IReadOnlyList<Record> records, int first, int count)
    {
        var unpacked = new List<ConsumerRecord>(count);
        for (var i = first; i < first + count; i++)
        {
            var record = records[i];
            var arrival = record.ApproximateArrivalTimestamp?.ToDateTimeOffset() ?? default;
            if (!AggregatedRecordReader.LooksAggregated(record.Data.Span))
            {
                // One that is checkpointed by a part is checkpointed: it has no other.
                if (!IsProcessed(record.SequenceNumber, 0))
                {
                    unpacked.Add(new ConsumerRecord(record.SequenceNumber, 0, record.PartitionKey, null, record.Data.Memory, arrival));
                }

                continue;
            }

            var parts = AggregatedRecordReader.Read(record.PartitionKey, record.Data.Memory, shard);
            for (var part = 0; part < parts.Count; part++)
            {
                var user = parts[part];
                if (user.IsAggregated && IsProcessed(record.SequenceNumber, user.SubSequenceNumber))
                {
                    continue;
                }

                unpacked.Add(new ConsumerRecord(
                    record.SequenceNumber, user.SubSequenceNumber, user.PartitionKey, user.ExplicitHashKey, user.Data, arrival, user.IsAggregated)
                {
                    IsLastOfItsRecord = part == parts.Count - 1,
                });
            }
        }

        return unpacked;
    }

    private bool IsProcessed(string number, long part) =>
        checkpoint.Position is { SubSequenceNumber: { } processed } position && position.SequenceNumber == number && part <= processed;
}
