using System.Collections.Concurrent;
using System.Diagnostics;
using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Appending;

/// <summary>The way of records into shards: what PutRecord, PutRecords and Produce put their batches through. Thread-safe.</summary>
public sealed class RecordAppender
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan IdleFor = TimeSpan.FromMinutes(10);

    private readonly AppendContext context;
    private readonly BrokerLimits limits;
    private readonly InFlightBudget budget;
    private readonly ConcurrentDictionary<StreamGeneration, StreamAppenders> streams = new();
    private readonly ConcurrentBag<BatchEncoder> encoders = [];
    private long lastSweep;

    public RecordAppender(
        IBrokerGrains grains,
        StreamRoutes routes,
        StreamCiphers ciphers,
        IOptions<GatewayOptions> options,
        IOptions<BrokerLimits> limits,
        TimeProvider clock,
        GatewayMetrics metrics,
        ILogger<RecordAppender> logger)
    {
        context = new AppendContext(grains, routes, ciphers, options.Value, clock, metrics, logger);
        this.limits = limits.Value;
        budget = new InFlightBudget(options.Value.MaxInFlightBytes);
        lastSweep = clock.GetTimestamp();
    }

    /// <summary>Bytes in flight in the whole gateway.</summary>
    public InFlightBudget Budget => budget;

    public long DeadlineAfter(TimeSpan time) => context.DeadlineAfter(time < context.Options.AppendTimeout ? time : context.Options.AppendTimeout);

    /// <summary>An encoder to use once; give it back.</summary>
    public BatchEncoder RentEncoder() => encoders.TryTake(out var encoder) ? encoder : new BatchEncoder(limits);

    public void ReturnEncoder(BatchEncoder encoder)
    {
        if (encoders.Count < 64)
        {
            encoders.Add(encoder);
        }
        else
        {
            encoder.Dispose();
        }
    }

    /// <summary>Puts a unary call's batch on its way.</summary>
    /// <param name="encoded">The records.</param>
    /// <param name="isDivisible">Whether a shard that admits only some of the records may take these alone.</param>
    /// <param name="deadline">Timestamp after which no further attempt is made.</param>
    /// <param name="identity">The client's identity for the call, which its own retries carry too; null has the gateway give one.</param>
    /// <param name="isRepeat">Such a retry.</param>
    /// <returns>The batch, whose completion to await; null where there is no room.</returns>
    public AppendBatch? TryPut(EncodedBatch encoded, bool isDivisible, long deadline, BatchIdentity? identity = null, bool isRepeat = false)
    {
        if (!budget.TryAcquire(encoded.Bytes))
        {
            return null;
        }

        var batch = new AppendBatch(encoded.RecordCount, encoded.Bytes, identity, isDivisible, deadline)
        {
            Trace = GatewayTracing.Current,
            IsRepeat = isRepeat,
        };
        if (!Submit(encoded, batch, mayExceed: false, out _))
        {
            budget.Release(encoded.Bytes);
            return null;
        }

        _ = ReleaseAfterAsync(batch);
        return batch;
    }

    /// <summary>Puts a producer's batch on its way, under its own identity; waits for room, before and after.</summary>
    /// <param name="encoded">The records.</param>
    /// <param name="identity">The producer's.</param>
    /// <param name="deadline">Timestamp after which no further attempt is made.</param>
    /// <param name="trace">The batch's span; the default where it is not traced.</param>
    /// <param name="cancellation">Ends the waits.</param>
    public async ValueTask<AppendBatch> ProduceAsync(
        EncodedBatch encoded, BatchIdentity identity, long deadline, ActivityContext trace, CancellationToken cancellation)
    {
        await budget.AcquireAsync(encoded.Bytes, cancellation);
        var batch = new AppendBatch(encoded.RecordCount, encoded.Bytes, identity, isDivisible: false, deadline) { Trace = trace };
        Submit(encoded, batch, mayExceed: true, out var full);
        _ = ReleaseAfterAsync(batch);
        if (full is not null)
        {
            await full.RoomAsync().WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return batch;
    }

    private bool Submit(EncodedBatch encoded, AppendBatch batch, bool mayExceed, out ShardAppender? full)
    {
        context.Metrics.RecordsIn(encoded.RecordCount, encoded.Bytes);
        SweepNowAndThen();
        var group = batch.Identity is null ? null : new AppendGroup(encoded.Keys, Everything(encoded.RecordCount)) { Identity = batch.Identity };
        var portions = new List<(ShardDescription, AppendPortion)>(encoded.Shards.Count);
        foreach (var (shard, records) in encoded.Shards)
        {
            portions.Add((shard, new AppendPortion(batch, group ?? new AppendGroup(encoded.Keys, records.Indexes), records)));
        }

        var route = encoded.Route;
        var stream = streams.GetOrAdd(
            route.Stream.Generation, static (_, state) => new StreamAppenders(state.context, state.route), (context, route));
        while (!stream.TrySubmit(route, portions, mayExceed, out full))
        {
            if (full is not null)
            {
                return false;
            }

            // A newer map is known, by which the records go elsewhere.
            route = stream.Route;
            portions = Split(portions, route);
        }

        return true;
    }

    private static List<(ShardDescription, AppendPortion)> Split(List<(ShardDescription Shard, AppendPortion Portion)> portions, StreamRoute route)
    {
        var split = new List<(ShardDescription Shard, AppendPortion Portion)>(portions.Count);
        foreach (var (_, portion) in portions)
        {
            foreach (var part in PortionEditor.Split(portion, route))
            {
                var place = split.FindIndex(known => known.Shard.Id == part.Shard.Id && ReferenceEquals(known.Portion.Group, part.Portion.Group));
                if (place < 0)
                {
                    split.Add(part);
                }
                else
                {
                    split[place] = (part.Shard, PortionEditor.Join(split[place].Portion, part.Portion));
                }
            }
        }

        return split;
    }

    private static int[] Everything(int count)
    {
        var indexes = new int[count];
        for (var i = 0; i < count; i++)
        {
            indexes[i] = i;
        }

        return indexes;
    }

    private async Task ReleaseAfterAsync(AppendBatch batch)
    {
        await batch.Completion;
        budget.Release(batch.Bytes);
    }

    private void SweepNowAndThen()
    {
        var last = Interlocked.Read(ref lastSweep);
        if (context.Clock.GetElapsedTime(last) < SweepEvery
            || Interlocked.CompareExchange(ref lastSweep, context.Clock.GetTimestamp(), last) != last)
        {
            return;
        }

        foreach (var stream in streams.Values)
        {
            stream.Sweep(IdleFor);
        }
    }
}
