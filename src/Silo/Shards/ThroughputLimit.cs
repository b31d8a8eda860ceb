using System.Collections.Immutable;
using System.Globalization;
using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;

namespace Broker.Silo.Shards;

/// <summary>What a shard of a PROVISIONED stream may take and give a second (AWS, quotas). Not thread-safe.</summary>
internal sealed class ThroughputLimit
{
    private readonly TokenBucket? writeBytes;
    private readonly TokenBucket? writeRecords;
    private readonly TokenBucket? readBytes;
    private readonly TokenBucket? readCalls;

    public ThroughputLimit(BrokerLimits limits, TimeProvider time)
    {
        writeBytes = Bucket(limits.ShardWriteBytesPerSecond);
        writeRecords = Bucket(limits.ShardWriteRecordsPerSecond);
        readBytes = Bucket(limits.ShardReadBytesPerSecond);
        readCalls = Bucket(limits.ShardReadCallsPerSecond);
        TokenBucket? Bucket(long perSecond) => perSecond > 0 ? new TokenBucket(perSecond, time) : null;
    }

    /// <summary>The limit that a stream's shards have: none ON_DEMAND, unless AWS's throttle of new ON_DEMAND streams is asked for.</summary>
    public static ThroughputLimit? Of(StreamDescription stream, BrokerLimits limits, TimeProvider time) =>
        stream.Mode == StreamMode.Provisioned || limits.OnDemandThrottle ? new ThroughputLimit(limits, time) : null;

    /// <summary>Takes all records, or tells how many of the first would fit and takes nothing.</summary>
    public bool TryTakeWrite(ImmutableArray<RecordBlock> blocks, out int admitted, out string? rule)
    {
        long bytes = 0;
        var records = 0;
        rule = null;
        foreach (var block in blocks)
        {
            var sizes = new RecordSizes(block);
            while (sizes.TryRead(out var size))
            {
                bytes += size;
                records++;
                if (writeRecords?.Admits(records, records == 1) == false)
                {
                    admitted = records - 1;
                    rule = Rule(writeRecords.PerSecond, "records/s written", nameof(BrokerLimits.ShardWriteRecordsPerSecond));
                    return false;
                }

                if (writeBytes?.Admits(bytes, records == 1) == false)
                {
                    admitted = records - 1;
                    rule = Rule(writeBytes.PerSecond, "bytes/s written", nameof(BrokerLimits.ShardWriteBytesPerSecond));
                    return false;
                }
            }
        }

        writeRecords?.Take(records);
        writeBytes?.Take(bytes);
        admitted = records;
        return true;
    }

    /// <summary>Takes one GetRecords call, or tells why not.</summary>
    public bool TryTakeRead(out string? rule)
    {
        rule = null;
        if (readCalls?.Admits(1, indivisible: true) == false)
        {
            rule = Rule(readCalls.PerSecond, "GetRecords calls/s", nameof(BrokerLimits.ShardReadCallsPerSecond));
            return false;
        }

        if (readBytes?.Admits(1, indivisible: true) == false)
        {
            rule = Rule(readBytes.PerSecond, "bytes/s read", nameof(BrokerLimits.ShardReadBytesPerSecond));
            return false;
        }

        readCalls?.Take(1);
        return true;
    }

    /// <summary>Takes back a call that got no answer.</summary>
    public void GiveBackRead() => readCalls?.Take(-1);

    /// <summary>Counts what a GetRecords call read; the bucket may go into debt, which the next calls wait off (AWS: after 10 MiB, 5 seconds).</summary>
    public void TookRead(long bytes) => readBytes?.Take(bytes);

    private static string Rule(long perSecond, string what, string setting) => string.Create(
        CultureInfo.InvariantCulture, $"its limit is {perSecond} {what} (setting Broker:Limits:{setting}; 0 lifts it, as does --limits unlimited)");
}
