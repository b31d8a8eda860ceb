using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Reading;

/// <summary>An answer with records: what GetRecords returns and what a subscription sends, still in blocks. Written by <see cref="RecordPageWriter"/>.</summary>
public sealed class RecordPage
{
    public required ShardDescription Shard { get; init; }

    public List<PageRun> Runs { get; } = [];

    /// <summary>The next iterator or the continuation sequence number; empty for none.</summary>
    public string Next { get; set; } = "";

    public long MillisBehindLatest { get; set; }

    public IReadOnlyList<ShardDescription> Children { get; set; } = [];

    public int RecordCount { get; set; }

    /// <summary>Bytes of the blocks that the page's records are in.</summary>
    public long StoredBytes
    {
        get
        {
            var bytes = 0L;
            foreach (var run in Runs)
            {
                bytes += run.Block.Payload.Length;
            }

            return bytes;
        }
    }

    /// <summary>The position after the last record, or from which nothing was found.</summary>
    public long EndPosition { get; set; }

    /// <summary>The stamp of the last record; 0 where there is none.</summary>
    public long EndArrivalUnixMilliseconds { get; set; }

    /// <summary>What <see cref="RecordPageWriter.Measure(RecordPage)"/> found; nothing of the page may change after it.</summary>
    internal (int Bytes, byte[][] Children)? Measured { get; set; }

    /// <summary>
    /// Where reading goes on: above the last record before <see cref="EndPosition"/> and below the next. With no arrival second it is
    /// no record's own, so that reading at it and after it is the same.
    /// </summary>
    public SequenceNumber EndSequenceNumber => new(Shard.CreatedSecond, Shard.Id.Index, EndPosition, 0);
}
