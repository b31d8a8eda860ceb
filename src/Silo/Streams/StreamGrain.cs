using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Retention;
using Broker.Silo.Streams.Rows;
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
/// <see cref="_gate"/> keeps its writes and theirs apart. It is never held while a shard or the log is awaited.
/// </para>
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "They hold no handle, and what is cut off may still use them.")]
public sealed partial class StreamGrain : Grain, IStreamGrain, IStreamMaintenance
{
    private readonly IPersistentState<StreamState> _state;
    private readonly IShardLog _log;
    private readonly ExpiryClock _expiry;
    private readonly TimeProvider _time;
    private readonly BrokerLimits _limits;
    private readonly BrokerIdentity _identity;
    private readonly StreamErrors _errors;
    private readonly StreamRules _rules;
    private readonly StreamRows _rows;
    private readonly ILogger<StreamGrain> _logger;
    private readonly StreamGeneration _generation;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private StreamState _settings = new();
    private bool _mustLoad = true;

    public StreamGrain(
        IGrainContext context,
        [PersistentState("stream")] IPersistentState<StreamState> state,
        IRowStore rows,
        IShardLog log,
        ExpiryClock expiry,
        TimeProvider time,
        IOptions<BrokerLimits> limits,
        IOptions<BrokerIdentity> identity,
        ILogger<StreamGrain> logger)
    {
        _state = state;
        _log = log;
        _expiry = expiry;
        _time = time;
        _limits = limits.Value;
        _identity = identity.Value;
        _errors = new StreamErrors(_identity);
        _rules = new StreamRules(_limits, _errors);
        _logger = logger;
        _generation = new StreamGeneration(context.GrainId.GetIntegerKey());
        _rows = new StreamRows(rows, _generation);
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
        await _stopping.CancelAsync();
        await _work.WaitAsync(TimeSpan.FromSeconds(5), _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public Task<StreamDescription> DescribeAsync() => Task.FromResult(Describe(Head()));

    public Task<StreamMap?> GetMapAsync(long knownVersion)
    {
        var stream = Describe(Head());
        if (stream.Version == knownVersion)
        {
            return Task.FromResult<StreamMap?>(null);
        }

        var horizon = _settings.Horizon.At(_expiry.NowUnixMilliseconds);
        var shards = _rows.Lineage.Shards.Where(shard => !Lineage.StreamLineage.HasExpired(shard, horizon));
        return Task.FromResult<StreamMap?>(new StreamMap(stream, [.. shards]));
    }

    public Task<ImmutableSortedDictionary<string, string>> ListTagsAsync() => Task.FromResult(Head().Creation?.Tags ?? _settings.Tags);

    private ICatalogueGrain Catalogue => GrainFactory.GetGrain<ICatalogueGrain>(_identity.AccountId);

    private StreamDescription Describe(StreamHeadRow head) => new(
        head.Name,
        _generation,
        head.Status,
        head.Mode,
        _settings.RetentionHours,
        _settings.HorizonFloorUnixMilliseconds,
        head.Creation?.MaxRecordBytes ?? _settings.MaxRecordBytes,
        head.CreatedUnixMilliseconds,
        _rows.Lineage.Open.Length,
        _rows.Consumers.Count,
        _rows.Version + _settings.Revision);

    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    private StreamHeadRow Head()
    {
        if (_rows.Head is { } head)
        {
            return head;
        }

        // Nothing is remembered of a stream that is not there: it may be made in a moment.
        DeactivateOnIdle();
        throw _errors.StreamNotFound(_generation);
    }

    /// <exception cref="BrokerException">ResourceInUse: the stream is in another state.</exception>
    private StreamHeadRow ActiveHead()
    {
        var head = Head();
        return head.Status == StreamStatus.Active ? head : throw _errors.NotActive(head.Name, head.Status);
    }

    /// <summary>Checks and writes, alone. A write that failed is looked up before the next one.</summary>
    private async Task<T> ChangeAsync<T>(Func<Task<T>> change)
    {
        await _gate.WaitAsync();
        try
        {
            await LoadIfDoubtfulAsync();
            return await change();
        }
        catch (Exception exception)
        {
            var fault = exception as BrokerException ?? Translate(exception);
            if (_mustLoad)
            {
                // A write failed: what it left half done is looked up and finished, or undone, in the background.
                GoOn();
            }

            throw fault;
        }
        finally
        {
            _gate.Release();
        }
    }

    private Task<bool> ChangeAsync(Func<Task> change) => ChangeAsync(async () =>
    {
        await change();
        return true;
    });

    private async Task WriteSettingsAsync(StreamState settings)
    {
        settings = settings with { Revision = _settings.Revision + 1 };
        _state.State = settings;
        _mustLoad = true;
        await _state.WriteStateAsync();
        _mustLoad = false;
        _settings = settings;
    }

    private async Task WriteRowsAsync(Func<StreamRows, Task> write)
    {
        _mustLoad = true;
        await write(_rows);
        _mustLoad = false;
    }

    private Task LoadIfDoubtfulAsync() => _mustLoad ? LoadAsync(readState: true) : Task.CompletedTask;

    private async Task LoadAsync(bool readState)
    {
        if (readState)
        {
            await _state.ReadStateAsync();
        }

        await _rows.LoadAsync();
        _settings = _state.State;
        _mustLoad = false;
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
                case BrokerException broker:
                    return broker;
                case RowConflictException or InconsistentStateException:
                    LogSuperseded(_generation, cause);
                    DeactivateOnIdle();
                    return StreamErrors.Superseded(cause);
                default:
                    continue;
            }
        }

        return new BrokerException(BrokerErrorCode.Internal, $"Stream of generation {_generation}: {exception.Message}", exception);
    }
}
