using System.Collections.Immutable;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Retention;
using Broker.Silo.Streams.Rows;
using Broker.Silo.Streams.Scaling;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace Broker.Silo.Streams;

/// <summary>A stream: map, lineage, settings, consumers, and the operations that change them. One activation a generation.</summary>
/// <remarks>
/// <para>
/// Two things are durable: the rows (<see cref="StreamRows"/>: head, shards, consumers), each change of which is one conditional write, and the
/// grain state (<see cref="StreamState"/>: settings, the intent of a resharding). An operation marks the head first and ends by
/// clearing the mark, so whatever was cut off is found from the heads; between the two, each step asks what is left to do and does a
/// part of it. Answers are given from memory, which changes only when the write is durable.
/// </para>
/// <para>
/// Requests take turns; reads interleave with them (IStreamGrain says which). The operation runs beside them on the grain's scheduler;
/// <see cref="gate"/> keeps its writes and theirs apart. It is never held while a shard or the log is awaited.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "They hold no handle, and what is cut off may still use them.")]
public sealed partial class StreamGrain : Grain, IStreamGrain, IStreamMaintenance
{
    private readonly IPersistentState<StreamState> state;
    private readonly IShardLog log;
    private readonly ExpiryClock expiry;
    private readonly TimeProvider time;
    private readonly BrokerLimits limits;
    private readonly BrokerIdentity identity;
    private readonly OnDemandOptions onDemand;
    private readonly StreamErrors errors;
    private readonly StreamRules rules;
    private readonly StreamRows rows;
    private readonly ILogger<StreamGrain> logger;
    private readonly StreamGeneration generation;
    private readonly SemaphoreSlim gate = new(1, 1);
    private StreamState settings = new();
    private bool mustLoad = true;

    public StreamGrain(
        IGrainContext context,
        [PersistentState("stream")] IPersistentState<StreamState> state,
        IRowStore rows,
        IShardLog log,
        ExpiryClock expiry,
        TimeProvider time,
        IOptions<BrokerLimits> limits,
        IOptions<BrokerIdentity> identity,
        IOptions<OnDemandOptions> onDemand,
        ILogger<StreamGrain> logger)
    {
        this.state = state;
        this.log = log;
        this.expiry = expiry;
        this.time = time;
        this.limits = limits.Value;
        this.identity = identity.Value;
        this.onDemand = onDemand.Value;
        scaler = new OnDemandScaler(this.onDemand, time);
        errors = new StreamErrors(this.identity);
        rules = new StreamRules(this.limits, errors);
        this.logger = logger;
        generation = new StreamGeneration(context.GrainId.GetIntegerKey());
        this.rows = new StreamRows(rows, generation);
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LoadAsync(readState: false);
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }

        GoOn();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await work.WaitAsync(TimeSpan.FromSeconds(5), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public Task<StreamDescription> DescribeAsync() => Task.FromResult(Describe(Head()));

    public Task<StreamMap?> GetMapAsync(long knownVersion)
    {
        var stream = Describe(Head());
        if (stream.Version == knownVersion)
        {
            return Task.FromResult<StreamMap?>(null);
        }

        var horizon = settings.Horizon.At(expiry.NowUnixMilliseconds);
        var shards = rows.Lineage.Shards.Where(shard => !Lineage.StreamLineage.HasExpired(shard, horizon));
        return Task.FromResult<StreamMap?>(new StreamMap(stream, [.. shards]));
    }

    public Task ConfirmMapAsync() => ChangeAsync(ConfirmAsync);

    public Task<ImmutableSortedDictionary<string, string>> ListTagsAsync() => Task.FromResult(Head().Creation?.Tags ?? settings.Tags);

    private ICatalogueGrain Catalogue => GrainFactory.GetGrain<ICatalogueGrain>(identity.AccountId);

    private StreamDescription Describe(StreamHeadRow head) => new(
        head.Name,
        generation,
        head.PublicStatus,
        head.Mode,
        settings.RetentionHours,
        settings.HorizonFloorUnixMilliseconds,
        head.Creation?.MaxRecordBytes ?? settings.MaxRecordBytes,
        head.CreatedUnixMilliseconds,
        rows.Lineage.Open.Length,
        rows.Consumers.Count,
        rows.Version + settings.Revision)
    {
        ShardLevelMetrics = settings.ShardLevelMetrics ?? [],
        WarmThroughputMiBps = head.Creation?.WarmThroughputMiBps ?? settings.WarmThroughputMiBps,
        ResourcePolicies = ResourcePolicies(),
        RecordDistribution = (head.Creation is { } creation ? creation.RecordDistribution : settings.RecordDistribution)
            ?? RecordDistributionStrategy.UserPartitionKey,
        Encryption = settings.Encryption?.ToDescription(),
    };

    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    private StreamHeadRow Head()
    {
        if (rows.Head is { } head)
        {
            return head;
        }

        // Nothing is remembered of a stream that is not there: it may be made in a moment.
        DeactivateOnIdle();
        throw errors.StreamNotFound(generation);
    }

    /// <summary>A stream that clients see ACTIVE; the broker's own operation may be under way.</summary>
    /// <exception cref="BrokerException">ResourceInUse: the stream is in another state.</exception>
    private StreamHeadRow ActiveHead()
    {
        var head = Head();
        return head.PublicStatus == StreamStatus.Active ? head : throw errors.NotActive(head.Name, head.Status);
    }

    /// <summary>A stream on which no operation is under way.</summary>
    /// <exception cref="BrokerException">ResourceInUse: the stream is in another state.</exception>
    private StreamHeadRow IdleHead()
    {
        var head = Head();
        return head.Status == StreamStatus.Active ? head : throw errors.NotActive(head.Name, head.Status);
    }

    /// <summary>Checks and writes, alone. A write that failed is looked up before the next one.</summary>
    /// <remarks>
    /// A refusal is told only when the store confirms what it was judged by: an activation on a silo that was cut off may not know that the
    /// stream has moved on. What is not refused is written, and the write says so by itself.
    /// </remarks>
    private async Task<T> ChangeAsync<T>(Func<Task<T>> change)
    {
        await gate.WaitAsync();
        try
        {
            await LoadIfDoubtfulAsync();
            try
            {
                return await change();
            }
            catch (BrokerException refusal) when (!mustLoad && refusal.Code is not (BrokerErrorCode.Unavailable or BrokerErrorCode.Internal))
            {
                await ConfirmAsync();
                throw;
            }
        }
        catch (Exception exception)
        {
            var fault = exception as BrokerException ?? Translate(exception);
            if (mustLoad)
            {
                // A write failed: what it left half done is looked up and finished, or undone, in the background.
                GoOn();
            }

            throw fault;
        }
        finally
        {
            gate.Release();
        }
    }

    private Task<bool> ChangeAsync(Func<Task> change) => ChangeAsync(async () =>
    {
        await change();
        return true;
    });

    /// <summary>Sees that nobody else wrote since rows and settings were loaded.</summary>
    /// <exception cref="RowConflictException">Somebody did.</exception>
    private async Task ConfirmAsync()
    {
        await rows.ConfirmAsync();
        await state.ReadStateAsync();
        if (state.State.Revision != settings.Revision)
        {
            throw new RowConflictException(RowKeys.Head(generation), rows.Version);
        }
    }

    private async Task WriteSettingsAsync(StreamState settings)
    {
        settings = settings with { Revision = this.settings.Revision + 1 };
        state.State = settings;
        mustLoad = true;
        await state.WriteStateAsync();
        mustLoad = false;
        this.settings = settings;
    }

    private async Task WriteRowsAsync(Func<StreamRows, Task> write)
    {
        mustLoad = true;
        await write(rows);
        mustLoad = false;
    }

    private Task LoadIfDoubtfulAsync() => mustLoad ? LoadAsync(readState: true) : Task.CompletedTask;

    private async Task LoadAsync(bool readState)
    {
        if (readState)
        {
            await state.ReadStateAsync();
        }

        await rows.LoadAsync();
        settings = state.State;
        mustLoad = false;
    }

    /// <summary>What a failed write is to the client. A superseded activation ends itself.</summary>
    private BrokerException Translate(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case StorageException storage:
                    return storage.ToBrokerException();
                case DbException database:
                    return new BrokerException(BrokerErrorCode.Unavailable, $"Stream of generation {generation}: {database.Message}");
                case BrokerException broker:
                    return broker;
                case RowConflictException or InconsistentStateException:
                    LogSuperseded(generation, cause);
                    DeactivateOnIdle();
                    return StreamErrors.Superseded(cause);
                default:
                    continue;
            }
        }

        // Where another grain's silo was lost, or is not found yet, the same may succeed in a moment.
        var code = exception is OrleansException or TimeoutException or OperationCanceledException ? BrokerErrorCode.Unavailable : BrokerErrorCode.Internal;
        return new BrokerException(code, $"Stream of generation {generation}: {exception.Message}", exception);
    }
}
