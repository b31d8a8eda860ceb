using System.Diagnostics.Metrics;

namespace Broker.Silo.Storage;

/// <summary>What the log's group commits take and carry, meter <c>Broker.Silo</c>. Costs nothing while nobody listens. Thread-safe.</summary>
public sealed class CommitMetrics
{
    private readonly KeyValuePair<string, object?> store;
    private readonly Histogram<double> seconds;
    private readonly Histogram<long> bytes;
    private readonly Histogram<long> appends;
    private readonly Counter<long> failures;
    private readonly TimeProvider time;

    /// <param name="factory">Makes the instruments.</param>
    /// <param name="time">Of the durations.</param>
    /// <param name="store">embedded or postgres.</param>
    public CommitMetrics(IMeterFactory factory, TimeProvider time, string store)
    {
        this.time = time;
        this.store = new("store", store);
        var meter = factory.Create(Shards.ShardMetrics.MeterName);
        seconds = meter.CreateHistogram<double>("broker.commit.duration", "s", "A group commit, from its first byte's writing until it is durable.");
        bytes = meter.CreateHistogram<long>("broker.commit.size", "By", "Bytes of blocks in a group commit.");
        appends = meter.CreateHistogram<long>("broker.commit.appends", "{append}", "Appends in a group commit.");
        failures = meter.CreateCounter<long>("broker.commit.failures", "{commit}", "Group commits that did not become durable, or of which that is not known.");
    }

    /// <summary>When a commit begins, to hand to what ends it.</summary>
    public long Now() => time.GetTimestamp();

    /// <summary>A commit is durable.</summary>
    public void Committed(long started, long byteCount, int appendCount)
    {
        seconds.Record(time.GetElapsedTime(started).TotalSeconds, store);
        bytes.Record(byteCount, store);
        appends.Record(appendCount, store);
    }

    /// <summary>A commit failed, or nobody knows.</summary>
    public void Failed() => failures.Add(1, store);
}
