using System.Diagnostics;
using Broker.Cli.Client;
using Broker.V1;

namespace Broker.Cli.Bench.Groups;

/// <summary>Runs worker processes of an application, one application a measurement.</summary>
internal sealed class GroupRun(ClientContext context, string stream, int workerCount, int shardCount)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private readonly TimeProvider time = TimeProvider.System;
    private int started;

    /// <summary>Has the group read a backlog from its beginning, its shards shared out before.</summary>
    /// <returns>Seconds, and the largest worker's memory in bytes.</returns>
    public async Task<(double Seconds, long Memory)> ReadAsync(long records, int recordBytes)
    {
        var application = $"{stream}-read";
        using var group = new Group(Enumerable.Range(0, workerCount).Select(_ => Start(application, 10)));
        await SharedAsync(group, application);
        await FillAsync(records, recordBytes);
        await UntilAsync(group, () => group.Records >= records, "the group has read what was put");
        var before = group.Records;
        var began = Stopwatch.GetTimestamp();
        await context.Connection.Applications.ResetApplicationAsync(
            new ResetApplicationRequest
            {
                ApplicationName = application,
                Position = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
                Force = true,
            },
            cancellationToken: context.Cancellation);
        await UntilAsync(group, () => group.Records >= before + records, "the group has read all again");
        var result = (Stopwatch.GetElapsedTime(began, group.All.Max(worker => worker.ProcessedAt)).TotalSeconds, group.All.Max(worker => worker.Memory));
        await DeleteAsync(application);
        return result;
    }

    /// <summary>Kills workers one after another, each replaced by a new one.</summary>
    public async Task<TakeOver> TakeOverAsync(double failoverSeconds, int kills)
    {
        var application = $"{stream}-kill-{failoverSeconds:0}";
        using var group = new Group(Enumerable.Range(0, workerCount).Select(_ => Start(application, failoverSeconds)));
        await SharedAsync(group, application);
        var taken = new List<double>();
        var begun = new List<double>();
        for (var kill = 0; kill < kills; kill++)
        {
            var victim = group.All[0];
            var left = (await DescribeAsync(application)).Leases.Where(lease => lease.WorkerId == victim.Id).Select(lease => lease.ShardId).ToList();
            var died = victim.Kill();
            group.Remove(victim);
            await UntilAsync(group, () => left.TrueForAll(shard => group.TakenAfter(shard, died) is not null), "others have what a dead worker left");
            taken.AddRange(left.Select(shard => Stopwatch.GetElapsedTime(died, group.TakenAfter(shard, died)!.Value).TotalSeconds));
            var newcomer = Start(application, failoverSeconds);
            group.Add(newcomer);
            await UntilAsync(group, () => !newcomer.Granted.IsEmpty, "a new worker is given a shard");
            begun.Add(Stopwatch.GetElapsedTime(newcomer.StartedAt, newcomer.Granted.First().Time).TotalSeconds);
            await SharedAsync(group, application);
        }

        await DeleteAsync(application);
        return new TakeOver(failoverSeconds, kills, Percentile(taken, 0.5), Percentile(taken, 0.99), Percentile(begun, 0.5));
    }

    private static double Percentile(List<double> values, double share)
    {
        values.Sort();
        return Math.Round(values[Math.Min(values.Count - 1, (int)(values.Count * share))], 3);
    }

    private WorkerProcess Start(string application, double failoverSeconds) => new(
        string.Join(',', new[] { context.Endpoint.Address }.Concat(context.Endpoint.Others)), application, stream, $"w{started++}", failoverSeconds);

    /// <summary>Waits until every worker has about its share, and nothing is on its way.</summary>
    private async Task SharedAsync(Group group, string application)
    {
        var least = Math.Max(1, (shardCount / workerCount) - 1);
        var began = time.GetTimestamp();
        while (true)
        {
            // The application comes into being with its first worker.
            if (group.All.Any(worker => !worker.Granted.IsEmpty))
            {
                var told = await DescribeAsync(application);
                if (told.Leases.All(lease => lease.HandOverTo.Length == 0)
                    && group.All.All(worker => told.Leases.Count(lease => lease.WorkerId == worker.Id) >= least))
                {
                    return;
                }
            }

            await PauseAsync(group, began, "the shards are shared out");
        }
    }

    private async Task UntilAsync(Group group, Func<bool> condition, string what)
    {
        for (var began = time.GetTimestamp(); !condition();)
        {
            await PauseAsync(group, began, what);
        }
    }

    private async Task PauseAsync(Group group, long began, string what)
    {
        if (time.GetElapsedTime(began) > Patience || group.All.Any(worker => worker.HasExited))
        {
            throw new CommandException($"not within {Patience.TotalMinutes} minutes, or a worker ended: {what}.");
        }

        await Task.Delay(Look, context.Cancellation);
    }

    private async Task<DescribeApplicationResponse> DescribeAsync(string application) => await context.Connection.Applications.DescribeApplicationAsync(
        new DescribeApplicationRequest { ApplicationName = application }, cancellationToken: context.Cancellation);

    private async Task DeleteAsync(string application) => await context.Connection.Applications.DeleteApplicationAsync(
        new DeleteApplicationRequest { ApplicationName = application, Force = true }, cancellationToken: context.Cancellation);

    private async Task FillAsync(long records, int recordBytes)
    {
        using var ticker = new Ticker();
        var counter = new LoadCounter(time);
        var batch = (int)Math.Min(records, BatchBuilder.MaxRecords);
        var load = new ProduceLoad(context.Endpoint, stream, batch, recordBytes, PayloadKind.Text, 16, time);
        await load.RunAsync(0, new LoadPlan(time, records, null, null, ticker), counter, new LatencyRecorder(time), context.Cancellation);
        if (counter.Failed > 0)
        {
            throw new CommandException($"{counter.Failed} records could not be put.");
        }
    }

    /// <summary>The worker processes of an application.</summary>
    private sealed class Group(IEnumerable<WorkerProcess> workers) : IDisposable
    {
        private readonly List<WorkerProcess> all = [.. workers];

        public List<WorkerProcess> All => all;

        public long Records => all.Sum(worker => worker.Records);

        public void Add(WorkerProcess worker) => all.Add(worker);

        public void Remove(WorkerProcess worker)
        {
            all.Remove(worker);
            worker.Dispose();
        }

        /// <summary>When a shard was first granted to one of them after a time; null while it was not.</summary>
        public long? TakenAfter(string shard, long moment) =>
            all.SelectMany(worker => worker.Granted).Where(granted => granted.Shard == shard && granted.Time > moment).Select(granted => (long?)granted.Time).Min();

        public void Dispose() => all.ForEach(worker => worker.Dispose());
    }
}
