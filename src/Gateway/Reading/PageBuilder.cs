using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Reading;

/// <summary>Cuts what a shard returned to what was asked for: from a position within a block on, up to a count and a size.</summary>
internal static class PageBuilder
{
    /// <param name="shard">The shard.</param>
    /// <param name="read">What it returned.</param>
    /// <param name="from">The first position wanted.</param>
    /// <param name="maxRecords">Most records.</param>
    /// <param name="maxBytes">Most bytes of data and keys; one record is given however large.</param>
    /// <exception cref="BrokerException">DataLoss: the blocks do not follow one another.</exception>
    public static RecordPage Build(ShardDescription shard, in ReadResult read, long from, int maxRecords, long maxBytes)
    {
        var position = Math.Max(from, read.FromPosition);
        var page = new RecordPage { Shard = shard };
        var bytes = 0L;
        foreach (var block in read.Blocks)
        {
            if (page.RecordCount >= maxRecords)
            {
                break;
            }

            var head = block.Head;
            if (head.IsControl || head.EndPosition <= position)
            {
                continue;
            }

            if (head.FirstPosition > position)
            {
                throw new BrokerException(
                    BrokerErrorCode.DataLoss, $"{shard.Id} returned records from {head.FirstPosition} on where {position} was to come.");
            }

            if (!head.IsPlain && !block.IsOpened)
            {
                throw new InvalidOperationException($"Records of {shard.Id} from {head.FirstPosition} on came to a page encrypted or compressed.");
            }

            var first = (int)(position - head.FirstPosition);
            var most = Math.Min(head.RecordCount - first, maxRecords - page.RecordCount);
            var count = bytes + block.Payload.Length <= maxBytes ? most : Fit(block, first, most, maxBytes - bytes, page.RecordCount == 0);
            if (count > 0)
            {
                page.Runs.Add(new PageRun(block, first, count));
                page.RecordCount += count;
                page.EndArrivalUnixMilliseconds = head.ArrivalUnixMilliseconds;
                position += count;
                bytes += block.Payload.Length;
            }

            if (count < most)
            {
                break;
            }
        }

        page.EndPosition = position;
        page.MillisBehindLatest = position >= read.TailPosition ? 0
            : page.RecordCount == 0 ? 1
            : Math.Max(1, read.TailArrivalUnixMilliseconds - page.EndArrivalUnixMilliseconds);
        return page;
    }

    private static int Fit(RecordBlock block, int first, int most, long room, bool mustGiveOne)
    {
        var reader = new BlockRecordReader(block.Payload.Span);
        var count = 0;
        for (var i = 0; count < most && reader.TryRead(out var record); i++)
        {
            if (i < first)
            {
                continue;
            }

            room -= record.PartitionKey.Length + record.Data.Length;
            if (room < 0 && !(mustGiveOne && count == 0))
            {
                break;
            }

            count++;
        }

        return count;
    }
}
