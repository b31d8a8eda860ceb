using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Shards.Placement;
using Broker.Silo.Storage;
using Broker.Silo.Streams;
using Broker.Silo.Streams.Retention;
using Broker.Silo.Streams.Scaling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Runtime.Placement;

namespace Broker.Silo.Shards;

/// <summary>The shell around <see cref="Shard"/>: finds its description, keeps its settings fresh, lets go when it is superseded.</summary>
/// <remarks>Called by gateways (data) and by its stream grain (seal, drop). Calls interleave: an append never holds the turn while the disk works.</remarks>
[Reentrant, ShardPlacement]
internal sealed class ShardGrain(
    IShardLog log,
    IShardDirectory directory,
    TailCache cache,
    ExpiryClock expiryClock,
    IOptions<BrokerLimits> limits,
    IOptions<ProducerLimits> producerLimits,
    IOptions<ShardOptions> options,
    IOptions<OnDemandOptions> onDemand,
    ShardMetrics metrics,
    SiloMetrics siloMetrics,
    LocalShards neighbours,
    TimeProvider time,
    ILoggerFactory loggers) : Grain, IShardGrain, IShardMaintenance, IGrainMigrationParticipant
{
    private const string HandoverKey = "broker.shard";

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly SubscriptionTable subscriptions = new(limits.Value, time);
    private ShardKey key;
    private Shard? shard;
    private ShardReader? reader;
    private StreamDescription? stream;
    private ThroughputLimit? limit;
    private ShardLoad? load;
    private readonly ShardRate rate = new(time);
    private ShardEntry? entry;
    private WriterHandover? handover;
    private Task? refreshing;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        key = ShardKey.ParseGrainKey(this.GetPrimaryKeyString());
        try
        {
            entry ??= await directory.FindAsync(key, cancellationToken);
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }

        if (entry is null)
        {
            return;
        }

        Settle(entry.Stream);
        shard = new Shard(
            key, entry.Shard, entry.Parents, log, producerLimits.Value, time, cache, loggers.CreateLogger<Shard>())
        {
            Handover = handover,
            OnOpened = siloMetrics.Opened,
            OnLoss = records => metrics.Lost(stream!, key.Shard, records),
        };
        reader = new ShardReader(key, shard, log, options.Value, time) { OnRead = siloMetrics.Read };
        neighbours.Add(key, rate);
        if (handover is not null)
        {
            // Nobody waits for it to be asked for: calls are on their way already.
            await shard.OpenAsync(cancellationToken);
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        neighbours.Remove(key, rate);
        return Task.CompletedTask;
    }

    public Task MoveAsync(SiloAddress target)
    {
        // Waiting readers would keep the shard here for as long as they wait.
        shard?.Leave();
        neighbours.Leaves(key, rate);
        RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<bool> CheckAsync()
    {
        try
        {
            await (shard?.CheckAsync(CancellationToken.None) ?? ValueTask.CompletedTask);
            LetGoIfSuperseded();
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (entry is not null && stream is not null)
        {
            dehydrationContext.TryAddValue(HandoverKey, new ShardHandover(entry.Shard, entry.Parents, stream, shard?.HandOver()));
        }
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext)
    {
        if (rehydrationContext.TryGetValue<ShardHandover>(HandoverKey, out var left) && left is not null)
        {
            entry = new ShardEntry(left.Shard, left.Parents, left.Stream);
            handover = left.Writer;
        }
    }

    public async Task<AppendResult> AppendAsync(AppendRequest request)
    {
        if (shard is null)
        {
            return AppendResult.Failed(BrokerErrorCode.ResourceNotFound, NotFound());
        }

        using var span = SiloTracing.StartAppend(request.TraceParent, key);
        await RefreshAsync(request.MapVersion);
        var result = await shard.AppendAsync(request.Blocks, request.HandledRepeats, request.Known, limit, CancellationToken.None);
        Measure(request, result);
        LetGoIfSuperseded();
        return result;
    }

    public async Task<ReadResult> ReadAsync(ReadRequest request)
    {
        if (reader is null)
        {
            return ReadResult.Failed(BrokerErrorCode.ResourceNotFound, NotFound());
        }

        if (request.Consumer is { } consumer && !subscriptions.IsPresent(consumer, request.Subscription))
        {
            return ReadResult.Failed(
                BrokerErrorCode.ResourceInUse, $"Another subscription of consumer {consumer} to shard {key.Shard} has taken over.");
        }

        await RefreshAsync(request.MapVersion);
        var metered = request.Metered ? limit : null;
        if (metered is not null && !metered.TryTakeRead(out var rule))
        {
            metrics.ReadThrottled(stream!, key.Shard);
            return ReadResult.Failed(BrokerErrorCode.ProvisionedThroughputExceeded, $"Rate exceeded for shard {key.Shard}: {rule}.");
        }

        var bounded = request.Wait > LongestWait ? request with { Wait = LongestWait } : request;
        var result = await reader.ReadAsync(bounded, Horizon(), CancellationToken.None);
        if (metered is not null && !result.Blocks.IsDefaultOrEmpty)
        {
            metered.TookRead(result.Blocks.Sum(block => (long)block.Head.PlainLength));
        }

        Measure(request, result);
        if (result.Code == BrokerErrorCode.Unavailable)
        {
            // Gateways ask again: nobody got anything for the call.
            metered?.GiveBackRead();
        }

        LetGoIfSuperseded();
        return result;
    }

    public async Task<FindResult> FindAsync(long arrivalUnixMilliseconds)
    {
        if (reader is null)
        {
            return new FindResult(BrokerErrorCode.ResourceNotFound, 0, NotFound());
        }

        var result = await reader.FindAsync(arrivalUnixMilliseconds, CancellationToken.None);
        LetGoIfSuperseded();
        return result;
    }

    public async Task<SealResult> SealAsync()
    {
        if (shard is null)
        {
            return new SealResult(BrokerErrorCode.ResourceNotFound, 0, 0, NotFound());
        }

        var result = await shard.SealAsync(CancellationToken.None);
        LetGoIfSuperseded();
        return result;
    }

    public Task<BrokerErrorCode> SubscribeAsync(string consumer, Guid subscription) =>
        Task.FromResult(reader is null ? BrokerErrorCode.ResourceNotFound : subscriptions.Subscribe(consumer, subscription));

    public Task UnsubscribeAsync(string consumer, Guid subscription)
    {
        subscriptions.Unsubscribe(consumer, subscription);
        return Task.CompletedTask;
    }

    public Task DropAsync()
    {
        shard?.LetGo();
        shard = null;
        reader = null;
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    private void Measure(AppendRequest request, AppendResult result)
    {
        if (result.Code == BrokerErrorCode.ProvisionedThroughputExceeded)
        {
            metrics.WriteThrottled(stream!, key.Shard);
        }

        if (result.Code != BrokerErrorCode.None || !result.Verdicts.IsDefaultOrEmpty)
        {
            return;
        }

        var (bytes, records) = (0L, 0);
        foreach (var block in request.Blocks)
        {
            bytes += block.Head.PlainLength;
            records += block.Head.RecordCount;
        }

        metrics.Incoming(stream!, key.Shard, bytes, records);
        rate.Took(bytes, records);
        if (load?.Took(request, bytes, records) is { } report)
        {
            _ = GrainFactory.GetGrain<IStreamMaintenance>(key.Stream.Value).ReportLoadAsync(report);
        }
    }

    private void Measure(ReadRequest request, ReadResult result)
    {
        var (bytes, records, newest) = (0L, 0L, 0L);
        foreach (var block in result.Blocks.IsDefault ? [] : result.Blocks)
        {
            bytes += block.Head.PlainLength;
            records += block.Head.RecordCount;
            newest = block.Head.ArrivalUnixMilliseconds;
        }

        if (records > 0)
        {
            metrics.Outgoing(stream!, key.Shard, bytes, records);
            rate.Gave(bytes);
        }

        if (request.Metered && result.Code == BrokerErrorCode.None)
        {
            var age = records > 0 ? time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(newest) : TimeSpan.Zero;
            metrics.IteratorAge(stream!, key.Shard, age > TimeSpan.Zero ? age : TimeSpan.Zero);
        }
    }

    private long Horizon() =>
        new RetentionHorizon(stream!.RetentionHours, stream.HorizonFloorUnixMilliseconds).At(expiryClock.NowUnixMilliseconds);

    /// <summary>Asks for the stream's settings again when a gateway has seen newer ones; callers at the same time share one question.</summary>
    private Task RefreshAsync(long mapVersion)
    {
        if (mapVersion <= stream!.Version)
        {
            return Task.CompletedTask;
        }

        var asking = refreshing ?? Ask();
        refreshing = asking.IsCompleted ? null : asking;
        return asking;

        async Task Ask()
        {
            try
            {
                if (await directory.DescribeStreamAsync(key.Stream, CancellationToken.None) is { } fresh)
                {
                    Settle(fresh);
                }
            }
            finally
            {
                refreshing = null;
            }
        }
    }

    private void Settle(StreamDescription fresh)
    {
        if (stream is null || stream.Mode != fresh.Mode)
        {
            limit = ThroughputLimit.Of(fresh, limits.Value, time);
            load = fresh.Mode == StreamMode.OnDemand && onDemand.Value.Scaling ? new ShardLoad(key.Shard, onDemand.Value, time) : null;
        }

        stream = fresh;
    }

    private void LetGoIfSuperseded()
    {
        if (shard?.IsSuperseded == true)
        {
            DeactivateOnIdle();
        }
    }

    private string NotFound()
    {
        // Whoever asks for a shard that is not there may ask before its creation is durable: do not remember the answer.
        DeactivateOnIdle();
        return $"Shard {key.Shard} of stream generation {key.Stream} does not exist.";
    }
}
