namespace Broker.Silo.Shards.Moving;

/// <summary>What a shard costs its silo: bytes and records per second of about the last seconds, written and read. Counted in the shard's turns, read from any thread.</summary>
public sealed class ShardRate(TimeProvider time)
{
    /// <summary>What a record costs beside its bytes, in bytes: appends of many small records are work, too.</summary>
    private const long RecordCost = 256;

    /// <summary>What a call costs whatever it carries.</summary>
    private const long CallCost = 2_048;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly long born = time.GetTimestamp();
    private long since = time.GetTimestamp();
    private long cost;
    private long written;
    private long recordsWritten;
    private double perSecond;
    private double bytesPerSecond;
    private double recordsPerSecond;

    /// <summary>How long the shard has been on this silo.</summary>
    public TimeSpan Age => time.GetElapsedTime(born);

    /// <summary>Cost per second: bytes, and as many more as records and calls are worth. Half of it is of the last second.</summary>
    public double PerSecond
    {
        get
        {
            lock (gate)
            {
                EndWindow();
                return perSecond;
            }
        }
    }

    /// <summary>Encoded bytes and records written per second, over the same time.</summary>
    public (double Bytes, double Records) Throughput
    {
        get
        {
            lock (gate)
            {
                EndWindow();
                return (bytesPerSecond, recordsPerSecond);
            }
        }
    }

    public void Took(long bytes, long records)
    {
        lock (gate)
        {
            written += bytes;
            recordsWritten += records;
            cost += bytes + (records * RecordCost) + CallCost;
            EndWindow();
        }
    }

    public void Gave(long bytes)
    {
        lock (gate)
        {
            // What is read was encoded long ago: it costs a part of what writing does.
            cost += (bytes / 4) + CallCost;
            EndWindow();
        }
    }

    private void EndWindow()
    {
        var elapsed = time.GetElapsedTime(since);
        if (elapsed < Window)
        {
            return;
        }

        // A shard that was quiet for long has a long window, whose mean tells more than what was before.
        var weight = 1 - Math.Pow(0.5, elapsed / Window);
        perSecond += weight * ((cost / elapsed.TotalSeconds) - perSecond);
        bytesPerSecond += weight * ((written / elapsed.TotalSeconds) - bytesPerSecond);
        recordsPerSecond += weight * ((recordsWritten / elapsed.TotalSeconds) - recordsPerSecond);
        cost = written = recordsWritten = 0;
        since = time.GetTimestamp();
    }
}
