using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Gateway.Errors;
using Broker.Gateway.Routing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Groups;

/// <summary>One Consume call: a worker of an application, for whom this gateway keeps the leases, pushes the records and passes checkpoints on.</summary>
/// <remarks>
/// Three things go on side by side, on the pool: what the worker says is read; about twice a second the lease table is told that it lives,
/// and tells which leases it has; each lease has a reader. Nothing of the second waits for the worker to read what it is sent: a worker
/// that is slow keeps its leases as long as it says anything at all. <see cref="held"/> is guarded by <see cref="sync"/>.
/// </remarks>
internal sealed partial class GroupMember : IDisposable
{
    /// <summary>Checkpoints and releases that are not answered yet; past it nothing of the worker is read.</summary>
    private const int MaxChanges = 1_024;

    /// <summary>Shards whose history is read at once: each holds up to a megabyte while the worker has no credit left.</summary>
    private const int MaxHistoryTurns = 8;

    private static readonly TimeSpan LongestReport = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RateInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly MemberServices services;
    private readonly string application;
    private readonly JoinCommand command;
    private readonly ILeaseTableGrain table;
    private readonly ConsumeWriter writer;
    private readonly ConsumeCredit credit;
    private readonly long leaseCreditBytes;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly SemaphoreSlim changes = new(MaxChanges);
    private readonly SemaphoreSlim historyTurns = new(MaxHistoryTurns);
    private readonly CancellationTokenSource ending;
    private readonly Lock sync = new();
    private readonly Dictionary<ShardKey, GrantedLease> held = [];
    private readonly Dictionary<ulong, GrantedLease> granted = [];
    private readonly List<Task> losing = [];
    private Exception? fault;
    private ulong lastId;
    private long known = -1;
    private long heardAt;
    private long ratesAt;
    private double cpuPercent = double.NaN;
    private TimeSpan failoverTime;

    /// <param name="services">The gateway's.</param>
    /// <param name="application">The application.</param>
    /// <param name="command">The worker.</param>
    /// <param name="creditBytes">What may be pushed at first.</param>
    /// <param name="leaseCreditBytes">What may be pushed at first of one lease; 0 for no bound of its own.</param>
    /// <param name="output">To the worker.</param>
    /// <param name="call">Cancelled when the call is over, whoever ended it.</param>
    public GroupMember(
        MemberServices services,
        string application,
        JoinCommand command,
        long creditBytes,
        long leaseCreditBytes,
        IServerStreamWriter<ConsumeFrame> output,
        CancellationToken call)
    {
        this.services = services;
        this.application = application;
        this.command = command;
        table = services.Grains.LeaseTable(application);
        clock = services.Clock;
        logger = services.Logger;
        ending = CancellationTokenSource.CreateLinkedTokenSource(call);
        writer = new ConsumeWriter(output, call);
        credit = new ConsumeCredit(creditBytes);
        this.leaseCreditBytes = leaseCreditBytes;
    }

    /// <summary>Serves the worker until it says goodbye; throws what else ended the call.</summary>
    /// <param name="requests">What the worker says after its join.</param>
    /// <param name="draining">Cancelled when the gateway stops: the worker goes on elsewhere, and keeps its leases.</param>
    public async Task RunAsync(IAsyncStreamReader<V1.ConsumeRequest> requests, CancellationToken draining)
    {
        await using var drained = draining.Register(static member => ((GroupMember)member!).ending.Cancel(), this);
        var joined = await MovingGrain.AskAsync(() => table.JoinAsync(command), clock, ending.Token);
        failoverTime = joined.FailoverTime;
        heardAt = clock.GetTimestamp();
        ratesAt = heardAt;
        await TellJoinedAsync();
        Apply(joined);
        var reporting = ReportAsync();
        var saidGoodbye = false;
        try
        {
            while (await requests.MoveNext(ending.Token))
            {
                Volatile.Write(ref heardAt, clock.GetTimestamp());
                await HandleAsync(requests.Current);
            }

            saidGoodbye = true;
            await AllChangesAsync();
        }
        catch (Exception exception)
        {
            fault ??= exception;
        }

        await ending.CancelAsync();
        await reporting;
        await StopAllAsync();
        if (saidGoodbye && fault is null)
        {
            await MovingGrain.AskAsync(LeaveAsync, clock, CancellationToken.None);
        }
        else if (!draining.IsCancellationRequested)
        {
            await DisconnectedAsync();
        }

        if (fault is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
        }
    }

    public void Dispose()
    {
        writer.Dispose();
        changes.Dispose();
        historyTurns.Dispose();
        ending.Dispose();
    }

    private async Task<bool> LeaveAsync()
    {
        await table.LeaveAsync(command.Worker, command.Session);
        return true;
    }

    /// <summary>Not said again where it fails: the worker's silence says the same, later.</summary>
    private async Task DisconnectedAsync()
    {
        try
        {
            await table.DisconnectedAsync(command.Worker, command.Session);
        }
        catch (Exception exception) when (exception is BrokerException or OrleansException or TimeoutException)
        {
            LogDisconnectNotTold(application, command.Worker, exception.Message);
        }
    }

    private async Task TellJoinedAsync()
    {
        try
        {
            await writer.WriteAsync(new V1.ConsumeResponse
            {
                Joined = new V1.ConsumeJoined { WorkerId = command.Worker, FailoverTime = Duration.FromTimeSpan(failoverTime) },
            });
        }
        catch (Exception)
        {
            // The call is over, which whoever reads it finds out.
        }
    }

    private void Fail(Exception exception)
    {
        Interlocked.CompareExchange(ref fault, exception, null);
        ending.Cancel();
    }

    /// <summary>Tells the table that the worker lives, until the call ends.</summary>
    private async Task ReportAsync()
    {
        var lastAnswer = clock.GetTimestamp();
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(failoverTime / 8 < LongestReport ? failoverTime / 8 : LongestReport, clock, ending.Token);
                var told = await table.ReportAsync(MakeReport()).WaitAsync(ending.Token);
                if (told.Code == BrokerErrorCode.Unavailable)
                {
                    if (SilentFor() >= failoverTime)
                    {
                        Fail(new BrokerException(
                            BrokerErrorCode.Unavailable,
                            $"Worker {command.Worker} of application {application} said nothing for {failoverTime.TotalSeconds} seconds: its leases went to others. Join again."));
                        return;
                    }

                    known = -1;
                    told = await table.JoinAsync(command).WaitAsync(ending.Token);
                }

                if (told.Code != BrokerErrorCode.None)
                {
                    Fail(new BrokerException(told.Code, told.Message ?? $"Application {application} refuses worker {command.Worker}: {told.Code}."));
                    return;
                }

                lastAnswer = clock.GetTimestamp();
                Apply(told);
            }
            catch (Exception) when (ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The table's silo may be lost, or its database away. What the worker does meanwhile is decided when it is back.
                LogReportFailed(application, command.Worker, exception);
                if (clock.GetElapsedTime(lastAnswer) > failoverTime + TimeSpan.FromSeconds(30))
                {
                    Fail(BrokerErrors.ToRpcException(BrokerErrorCode.Unavailable, $"The leases of application {application} cannot be told; join again."));
                    return;
                }
            }
        }
    }

    private TimeSpan SilentFor() => clock.GetElapsedTime(Volatile.Read(ref heardAt));

    private WorkerReport MakeReport()
    {
        var rates = new List<LeaseRate>();
        var passed = clock.GetElapsedTime(ratesAt);
        if (passed >= RateInterval)
        {
            ratesAt = clock.GetTimestamp();
            lock (sync)
            {
                rates.AddRange(held.Values.Select(lease => new LeaseRate(lease.Lease.Shard, lease.TakePushedBytes() / passed.TotalSeconds)));
            }
        }

        double? cpu = Volatile.Read(ref cpuPercent) is var percent && double.IsNaN(percent) ? null : percent;
        return new WorkerReport(command.Worker, command.Session, SilentFor(), known, cpu, [.. rates]);
    }

    /// <summary>Starts what is new, stops what is gone, asks for what is to be handed over.</summary>
    private void Apply(WorkerLeases told)
    {
        if (told.FailoverTime != failoverTime)
        {
            failoverTime = told.FailoverTime;
            losing.Add(TellJoinedAsync());
        }

        if (told.Leases.IsDefault)
        {
            ReleaseOverdue();
            return;
        }

        known = told.Version;
        var now = told.Leases.ToDictionary(lease => lease.Shard);
        List<GrantedLease> lost;
        lock (sync)
        {
            lost = [.. held.Values.Where(lease => now.GetValueOrDefault(lease.Lease.Shard)?.Counter != lease.Lease.Counter)];
            foreach (var lease in lost)
            {
                held.Remove(lease.Lease.Shard);
            }
        }

        losing.RemoveAll(static task => task.IsCompleted);
        losing.AddRange(lost.Select(LoseAsync));
        foreach (var lease in told.Leases)
        {
            GrantedLease? present;
            lock (sync)
            {
                present = held.GetValueOrDefault(lease.Shard);
            }

            if (present is null && lease.HandOverWithin is not null)
            {
                losing.Add(PassOnAsync(lease));
            }
            else if (present is null)
            {
                Start(lease);
            }
            else if (lease.HandOverWithin is { } within && present.AskedUntil is null)
            {
                present.AskedUntil = clock.GetTimestamp() + (long)(within.TotalSeconds * clock.TimestampFrequency);
                losing.Add(AskAsync(present, within));
            }
        }

        ReleaseOverdue();
    }

    private async Task AllChangesAsync()
    {
        Task[] all;
        lock (sync)
        {
            all = [.. granted.Values.Select(lease => lease.Changes)];
        }

        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task StopAllAsync()
    {
        GrantedLease[] all;
        lock (sync)
        {
            all = [.. granted.Values];
        }

        await Task.WhenAll(all.Select(StopAsync));
        await Task.WhenAll(losing);
        await Task.WhenAll(all.Select(lease => lease.Changes)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Array.ForEach(all, static lease => lease.Dispose());
    }
}
