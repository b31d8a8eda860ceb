using System.Data.Common;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Leases;
using Broker.Contracts.Streams;
using Broker.Silo.Leases.Rows;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace Broker.Silo.Leases;

/// <summary>The shell around a <see cref="LeaseTable"/>: gathers turns, writes what they changed in one go, and answers.</summary>
/// <remarks>
/// While a write is on its way, turns gather behind it: checkpoints of a thousand shards are one write, not a thousand. After a write that
/// failed the table is read again before the next turn. A timer goes on while there are workers, so that those who are silent are found out;
/// shards of the streams are asked for beside the turns.
/// </remarks>
[Reentrant]
public sealed partial class LeaseTableGrain : Grain, ILeaseTableGrain
{
    private const int MaxTurns = 1_000;
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    private readonly Queue<LeaseTurn> queue = new();
    private readonly string account;
    private readonly string application;
    private readonly LeaseTable table;
    private readonly LeaseRows rows;
    private readonly LeaseOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<LeaseTableGrain> logger;
    private readonly Dictionary<string, StreamMap> maps = new(StringComparer.Ordinal);
    private IGrainTimer? timer;
    private long? lastSync;
    private bool isRunning;
    private bool isSyncing;
    private bool mustLoad = true;

    public LeaseTableGrain(
        IGrainContext context, IRowStore rows, TimeProvider time, IOptions<LeaseOptions> options, ILogger<LeaseTableGrain> logger)
    {
        var key = context.GrainId.Key.ToString()!;
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        account = key[..slash];
        application = key[(slash + 1)..];
        this.options = options.Value;
        this.time = time;
        this.logger = logger;
        this.rows = new LeaseRows(rows, account, application);
        table = new LeaseTable(application, account, time, this.options);
    }

    public async Task<WorkerLeases> JoinAsync(JoinCommand command)
    {
        foreach (var stream in command.Streams)
        {
            if (await Catalogue.ResolveAsync(stream) is null)
            {
                throw LeaseErrors.StreamNotFound(stream, account);
            }
        }

        var joined = await TurnAsync(table => table.Join(command), table => table.Tell(command.Worker, command.Session, knownVersion: -1));
        LogJoined(application, command.Worker, joined.Leases.IsDefault ? 0 : joined.Leases.Length);
        timer ??= this.RegisterGrainTimer(
            TickAsync, new GrainTimerCreationOptions { DueTime = TickInterval, Period = TickInterval, Interleave = true, KeepAlive = true });
        SyncSoon();
        return joined;
    }

    public Task<WorkerLeases> ReportAsync(WorkerReport report) => TurnAsync(
        table =>
        {
            table.Report(report);
            return true;
        },
        table => table.Tell(report.Worker, report.Session, report.KnownVersion));

    public async Task<LeaseResult> CheckpointAsync(LeaseHold hold, LeaseCheckpoint checkpoint)
    {
        var result = await TurnAsync(table => table.Checkpoint(hold, checkpoint));
        if (checkpoint.IsShardEnd && result.Code == BrokerErrorCode.None)
        {
            SyncSoon();
        }

        return result;
    }

    public Task<LeaseResult> PrepareCheckpointAsync(LeaseHold hold, LeaseCheckpoint pending) =>
        TurnAsync(table => table.PrepareCheckpoint(hold, pending));

    public Task<LeaseResult> ReleaseAsync(LeaseHold hold) => TurnAsync(table => table.Release(hold));

    public async Task LeaveAsync(string worker, Guid session)
    {
        await TurnAsync(table => table.Leave(worker, session));
        LogLeft(application, worker);
    }

    public Task DisconnectedAsync(string worker, Guid session) => TurnAsync(table => table.Disconnected(worker, session));

    public Task<ApplicationDescription> DescribeAsync() => TurnAsync(static _ => true, static table => table.Describe());

    public async Task ResetAsync(LeaseCheckpoint position, bool force)
    {
        await TurnAsync(table => table.Reset(position, force));
        maps.Clear();
        SyncSoon();
    }

    public Task DeleteAsync(bool force) => TurnAsync(table => table.Delete(force));

    private ICatalogueGrain Catalogue => GrainFactory.GetGrain<ICatalogueGrain>(account);

    private Task<bool> TurnAsync(Action<LeaseTable> change) => TurnAsync(table =>
    {
        change(table);
        return true;
    });

    private Task<T> TurnAsync<T>(Func<LeaseTable, T> change)
    {
        var turn = new LeaseTurn<T, T>(change, answer: null);
        Enqueue(turn);
        return turn.Completion;
    }

    /// <param name="change">Carried out with the others that wait; may throw before it changes anything.</param>
    /// <param name="answer">Asked when all of them are, and the balance is found.</param>
    private Task<TAnswer> TurnAsync<T, TAnswer>(Func<LeaseTable, T> change, Func<LeaseTable, TAnswer> answer)
    {
        var turn = new LeaseTurn<T, TAnswer>(change, answer);
        Enqueue(turn);
        return turn.Completion;
    }

    private void Enqueue(LeaseTurn turn)
    {
        queue.Enqueue(turn);
        if (!isRunning)
        {
            isRunning = true;
            _ = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        var batch = new List<LeaseTurn>();
        while (queue.Count > 0)
        {
            batch.Clear();
            try
            {
                if (mustLoad)
                {
                    await rows.LoadAsync(table);
                    mustLoad = false;
                }

                while (batch.Count < MaxTurns && queue.TryDequeue(out var turn))
                {
                    batch.Add(turn);
                }

                await CarryOutAsync(batch);
                batch.ForEach(static turn => turn.Complete());
            }
            catch (Exception exception)
            {
                mustLoad = true;
                var fault = Translate(exception);
                while (batch.Count == 0 && queue.TryDequeue(out var turn))
                {
                    batch.Add(turn);
                }

                batch.ForEach(turn => turn.Fail(fault));
            }
        }

        isRunning = false;
    }

    private async Task CarryOutAsync(List<LeaseTurn> batch)
    {
        table.Advance();
        batch.ForEach(turn => turn.Change(table));
        table.Balance();
        batch.ForEach(turn => turn.Answer(table));
        var changes = table.TakeChanges();
        if (!changes.IsEmpty)
        {
            await rows.WriteAsync(changes);
        }

        table.Committed();
    }

    /// <summary>What a failed write is to who waits for it. A superseded activation ends itself.</summary>
    private BrokerException Translate(Exception exception)
    {
        switch (exception)
        {
            case RowConflictException:
                LogSuperseded(application, exception);
                DeactivateOnIdle();
                return StreamErrors.Superseded(exception);
            case StorageException storage:
                LogNotWritten(application, storage.Message);
                return storage.ToBrokerException();
            case DbException database:
                LogNotWritten(application, database.Message);
                return new BrokerException(BrokerErrorCode.Unavailable, $"Leases of application {application}: {database.Message}");
            default:
                LogNotWritten(application, exception.Message);
                return new BrokerException(BrokerErrorCode.Internal, $"Leases of application {application}: {exception.Message}");
        }
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TurnAsync(static table => true);
        }
        catch (BrokerException)
        {
            // Logged; the next tick tries again.
        }

        if (!table.HasWorkers)
        {
            timer?.Dispose();
            timer = null;
        }
        else if (lastSync is not { } last || time.GetElapsedTime(last) >= options.SyncInterval)
        {
            SyncSoon();
        }
    }

    private void SyncSoon()
    {
        lastSync = null;
        if (!isSyncing)
        {
            isSyncing = true;
            _ = SyncAsync();
        }
    }

    /// <summary>Looks at the shards of all streams, again while it was asked to meanwhile.</summary>
    private async Task SyncAsync()
    {
        await Task.Yield();
        while (lastSync is null)
        {
            lastSync = time.GetTimestamp();
            foreach (var stream in table.Application?.Streams ?? [])
            {
                try
                {
                    var map = await FindMapAsync(stream.Name);
                    await TurnAsync(table => table.Sync(stream.Name, map));
                }
                catch (Exception exception)
                {
                    maps.Remove(stream.Name);
                    LogSyncFailed(application, stream.Name, exception);
                }
            }
        }

        isSyncing = false;
    }

    private async Task<StreamMap?> FindMapAsync(string name)
    {
        if (await Catalogue.ResolveAsync(name) is not { } generation)
        {
            maps.Remove(name);
            return null;
        }

        var known = maps.TryGetValue(name, out var map) && map.Stream.Generation == generation ? map : null;
        try
        {
            var found = await GrainFactory.GetGrain<IStreamGrain>(generation.Value).GetMapAsync(known?.Stream.Version ?? -1) ?? known;
            if (found is not null)
            {
                maps[name] = found;
            }

            return found is null || found.Stream.Status is StreamStatus.Deleting ? null : found;
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
        {
            maps.Remove(name);
            return null;
        }
    }
}
