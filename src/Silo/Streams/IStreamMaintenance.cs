using Broker.Silo.Streams.Scaling;
using Orleans.Concurrency;

namespace Broker.Silo.Streams;

/// <summary>What the silos ask of a stream grain by themselves; the same grain and key as IStreamGrain.</summary>
[Alias("broker.IStreamMaintenance")]
public interface IStreamMaintenance : IGrainWithIntegerKey
{
    /// <summary>Takes expired shards out of the lineage, goes on with an operation that was cut off, and tells the horizon.</summary>
    /// <param name="keptUnixMilliseconds">How far the expiry clock is kept durably: nothing is removed past it, whatever this silo's says.</param>
    /// <returns>Records that arrived before this are expired, in milliseconds since 1970; null where the stream is gone or not yet made.</returns>
    [Alias("Sweep")]
    Task<long?> SweepAsync(long keptUnixMilliseconds);

    /// <summary>Tells the load of a busy shard, about once a second. Nothing rests on its arrival.</summary>
    [Alias("ReportLoad"), AlwaysInterleave, OneWay]
    Task ReportLoadAsync(ShardLoadReport report);
}
