using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Silo.Streams.Scaling;

namespace Broker.Silo.Shards;

/// <summary>The load of one shard of an ON_DEMAND stream: rates of about the last second, and a bounded sample of where in its range they fall.</summary>
/// <remarks>Called in the shard's turns, for what became durable. It has no timer: a shard that takes nothing costs nothing and says nothing.</remarks>
internal sealed class ShardLoad(ShardId shard, OnDemandOptions options, TimeProvider time)
{
    /// <summary>Enough that half of the load is found to within a few parts in a hundred.</summary>
    public const int MaxSamples = 256;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly LoadSample[] samples = new LoadSample[MaxSamples];
    private long sampled;
    private long since = time.GetTimestamp();
    private long bytes;
    private long records;
    private long queuedBytes;
    private long calls;

    /// <summary>Counts an append.</summary>
    /// <returns>A report where a window is over and the shard was busy in it; else null.</returns>
    public ShardLoadReport? Took(AppendRequest request, long bytes, int records)
    {
        this.bytes += bytes;
        this.records += records;
        queuedBytes += Math.Max(0, request.HeldBytes - bytes);
        calls++;
        foreach (var sample in request.Load)
        {
            samples[sampled++ % MaxSamples] = sample;
        }

        var elapsed = time.GetElapsedTime(since);
        return elapsed < Window ? null : EndWindow(elapsed);
    }

    private ShardLoadReport? EndWindow(TimeSpan elapsed)
    {
        var report = new ShardLoadReport(
            shard, (long)(bytes / elapsed.TotalSeconds), (long)(records / elapsed.TotalSeconds), queuedBytes / calls, []);
        (bytes, records, queuedBytes, calls, since) = (0, 0, 0, 0, time.GetTimestamp());
        if (!report.IsBusy(options))
        {
            return null;
        }

        return report.IsHot(options)
            ? report with { Samples = ImmutableArray.Create(samples.AsSpan(0, (int)Math.Min(sampled, MaxSamples))) }
            : report;
    }
}
