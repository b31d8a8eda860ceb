using Broker.Contracts.Shards;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Gathers the appends of all shards into group commits: what comes in while one is on its way makes the next. No timer.</summary>
/// <remarks>
/// One loop, which begins on the scheduler that starts it; appends are admitted on their callers'. A commit whose outcome is unknown is
/// never sent again: its shards take nothing more until they are opened, which settles it (<see cref="ShardOpener"/>). Shards that were
/// not in it go on. The memory is one encoded batch, kept for the next; appends that wait are only referred to, and bounded by their callers.
/// </remarks>
internal sealed partial class GroupCommitter(NpgsqlDataSource database, Segments segments, PostgresOptions options, TimeProvider time, ILogger logger, CommitMetrics? metrics) : IAsyncDisposable
{
    /// <summary>Most shards that one commit moves: it holds all their heads.</summary>
    private const int MaxShards = 512;

    private readonly Lock gate = new();
    private readonly Dictionary<ShardKey, LogShard> shards = [];
    private readonly CancellationTokenSource stop = new();
    private Queue<QueuedAppend> waiting = new();
    private TaskCompletionSource? wake;
    private Task loop = Task.CompletedTask;
    private CommitBuffer buffer = new(options.MaxCommitBytes);
    private TimeSpan delay = options.MinReconnectDelay;
    private bool stopping;

    public void Start() => loop = RunAsync();

    /// <summary>Takes appends of a shard from its new epoch on; what is queued under an earlier one is refused by the database.</summary>
    public void Opened(LogShard shard)
    {
        lock (gate)
        {
            // Two openings may end in either order; the later epoch stands.
            if (!shards.TryGetValue(shard.Key, out var earlier) || earlier.Epoch < shard.Epoch)
            {
                shards[shard.Key] = shard;
            }
        }
    }

    public void Deleted(Func<ShardKey, bool> which)
    {
        lock (gate)
        {
            foreach (var key in shards.Keys.Where(which).ToList())
            {
                shards.Remove(key);
            }
        }
    }

    /// <summary>Queues an append; the outcome comes when its commit has one.</summary>
    public ValueTask<AppendOutcome> AppendAsync(in ShardAppend append)
    {
        append.Check();
        lock (gate)
        {
            if (stopping)
            {
                return new(new AppendOutcome(AppendStatus.Uncertain, "The log has stopped."));
            }

            if (!shards.TryGetValue(append.Shard, out var shard))
            {
                return new(LogShard.Fenced($"shard {append.Shard} is not open: its stream was deleted, or nobody opened it."));
            }

            if (shard.Admit(append) is { } refused)
            {
                return new(refused);
            }

            var queued = new QueuedAppend(shard, append);
            waiting.Enqueue(queued);
            wake?.TrySetResult();
            wake = null;
            return new(queued.Task);
        }
    }

    /// <summary>Commits what is queued, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            stopping = true;
            wake?.TrySetResult();
        }

        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            List<CommitRun> runs = [];
            Task? idle = null;
            lock (gate)
            {
                Take(runs);
                if (runs.Count == 0)
                {
                    if (stopping)
                    {
                        return;
                    }

                    wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    idle = wake.Task;
                }
            }

            if (idle is not null)
            {
                await idle;

                // Callers that came with the first one have their turn: one commit is cheaper than two.
                await Task.Yield();
            }
            else if (!await CommitAsync(runs))
            {
                await BackOffAsync();
            }
        }
    }

    /// <summary>Takes appends in the order of their calls, in shard order by run.</summary>
    private void Take(List<CommitRun> runs)
    {
        long bytes = 0;
        Dictionary<LogShard, CommitRun> byShard = [];
        while (waiting.TryPeek(out var next) && (byShard.Count == 0 || bytes + next.EncodedBytes <= options.MaxCommitBytes) && byShard.Count < MaxShards)
        {
            waiting.Dequeue();
            bytes += next.EncodedBytes;
            if (!byShard.TryGetValue(next.Shard, out var run))
            {
                byShard.Add(next.Shard, run = new CommitRun(next.Shard));
            }

            run.Add(next);
        }

        // Of a shard that was opened anew in the meantime only one run can be right; the database tells which.
        runs.AddRange(byShard.Values.OrderBy(run => run.Shard.Key.Stream.Value).ThenBy(run => run.Shard.Key.Shard.Index).ThenBy(run => run.Shard.Epoch));
    }

    /// <returns>False where the database was not reached.</returns>
    private async ValueTask<bool> CommitAsync(List<CommitRun> all)
    {
        // One row a shard: the run of a superseded epoch cannot land beside that of the later.
        var runs = all.GroupBy(run => run.Shard.Key).Select(same => same.Last()).ToList();
        foreach (var superseded in all.Except(runs))
        {
            Finish(superseded, LogShard.Fenced($"shard {superseded.Shard.Key} was opened again."));
        }

        try
        {
            await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
            var places = new long[runs.Count];
            for (var i = 0; i < places.Length; i++)
            {
                places[i] = await segments.EnsureAsync(connection, runs[i].Shard.Key.Stream, runs[i].End.LastArrival, CancellationToken.None);
            }

            var started = metrics?.Now() ?? 0;
            var moved = await CommitBatch.ExecuteAsync(connection, runs, places, buffer, options.PlantedBugs);
            metrics?.Committed(started, runs.Sum(static run => run.EncodedBytes), runs.Sum(static run => run.Appends.Count));
            delay = options.MinReconnectDelay;
            foreach (var run in runs)
            {
                Finish(run, moved.Contains(run.Shard.Key)
                    ? AppendOutcome.Committed
                    : LogShard.Fenced($"shard {run.Shard.Key} is no longer at epoch {run.Shard.Epoch}, ordinal {run.First.Ordinal} in the database."));
            }

            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var isRefusal = exception is NpgsqlException failure && PostgresErrors.IsRefusal(failure);
            var outcome = isRefusal && exception is PostgresException { SqlState: PostgresErrorCodes.DiskFull }
                ? new AppendOutcome(AppendStatus.DiskFull, exception.Message)
                : new AppendOutcome(AppendStatus.Uncertain, exception.Message);
            metrics?.Failed();
            LogCommitFailed(logger, runs.Count, outcome.Status, exception.Message);
            runs.ForEach(run => Finish(run, outcome));

            buffer = new CommitBuffer(options.MaxCommitBytes);

            // A segment may have been dropped under it.
            segments.Forget();
            return isRefusal;
        }
    }

    /// <summary>Answers a run, and where it failed everything of its shard that is queued behind it.</summary>
    private void Finish(CommitRun run, AppendOutcome outcome)
    {
        var answered = run.Appends.ToList();
        lock (gate)
        {
            var shard = run.Shard;
            if (outcome.IsCommitted)
            {
                shard.Durable = run.End;
            }
            else
            {
                answered.AddRange(waiting.Where(append => append.Shard == shard));
                waiting = new Queue<QueuedAppend>(waiting.Where(append => append.Shard != shard));
                shard.Queued = shard.Durable;
                shard.WasRefusedForSpace = outcome.Status == AppendStatus.DiskFull;
                shard.Ended = outcome.Status == AppendStatus.DiskFull ? null : outcome;
            }
        }

        answered.ForEach(append => append.TrySetResult(outcome));
    }

    private async ValueTask BackOffAsync()
    {
        // The connections that are left in the pool go to where nobody answers.
        database.Clear();
        try
        {
            await Task.Delay(delay, time, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // What is queued is tried once more, and the loop ends.
        }

        delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, options.MaxReconnectDelay.Ticks));
    }
}
