using System.Diagnostics.Metrics;
using Broker.Kcl.Connection;
using Broker.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Broker.Kcl.Consumer;

/// <summary>A worker of an application: shares the shards of streams with the application's other workers, and leads a processor through each.</summary>
/// <remarks>
/// The broker keeps who has which shard and how far it is processed. A lost connection is made again, at the next gateway where there are
/// several; processors go on over it as long as their leases are left to them.
/// </remarks>
public sealed partial class BrokerConsumer : IAsyncDisposable
{
    /// <summary>Good for every fail-over time that there can be.</summary>
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxConnectPause = TimeSpan.FromSeconds(1);

    private readonly BrokerConsumerOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Gateways gateways;
    private readonly ConsumerMetrics metrics;
    private readonly ConsumerShards shards;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource finished = new();
    private ConsumeLink? current;
    private Task? running;
    private Task? finishing;
    private ConsumerFailedException? failure;
    private TimeSpan failoverTime = TimeSpan.FromSeconds(10);
    private bool isDisposed;

    /// <summary>Makes a consumer; it does nothing until it is run.</summary>
    /// <param name="options">What it consumes, and how; not to be changed afterwards.</param>
    /// <param name="factory">Makes a processor for each shard that is given to this worker.</param>
    /// <param name="logger">Told of leases, lost connections and failed processors; null for none.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="meters">Makes the meter; null for one of its own.</param>
    /// <exception cref="OptionsValidationException">Options are out of bounds; it names all of them.</exception>
    public BrokerConsumer(
        BrokerConsumerOptions options,
        IRecordProcessorFactory factory,
        ILogger<BrokerConsumer>? logger = null,
        TimeProvider? time = null,
        IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(factory);
        if (options.Faults().ToArray() is { Length: > 0 } faults)
        {
            throw new OptionsValidationException(nameof(BrokerConsumerOptions), typeof(BrokerConsumerOptions), faults);
        }

        this.options = options;
        this.time = time ?? TimeProvider.System;
        this.logger = (ILogger?)logger ?? NullLogger.Instance;
        WorkerId = options.WorkerId.Length > 0 ? options.WorkerId : NewWorkerId();
        gateways = new Gateways(options.Endpoints, options.Credentials, options.ConfigureHandler);
        metrics = new ConsumerMetrics(meters, options.ApplicationName, () => shards!.All.Select(worker => (worker.Slot.Lease, worker.BehindMilliseconds)));
        shards = new ConsumerShards(new ConsumerContext(options, factory, metrics, this.time, this.logger, Fail));
    }

    /// <summary>Makes a consumer whose processors a function makes.</summary>
    /// <inheritdoc cref="BrokerConsumer(BrokerConsumerOptions, IRecordProcessorFactory, ILogger{BrokerConsumer}, TimeProvider, IMeterFactory)"/>
    public BrokerConsumer(
        BrokerConsumerOptions options,
        Func<ShardLease, IRecordProcessor> factory,
        ILogger<BrokerConsumer>? logger = null,
        TimeProvider? time = null,
        IMeterFactory? meters = null)
        : this(options, new DelegateProcessorFactory(factory), logger, time, meters)
    {
    }

    /// <summary>This worker's name in the application.</summary>
    public string WorkerId { get; }

    /// <summary>The shards that are processed here now.</summary>
    public IReadOnlyList<ShardLease> Leases => [.. shards.All.Select(worker => worker.Slot.Lease)];

    /// <summary>Consumes until it is told to stop, and then stops gracefully (<see cref="StopAsync"/>). Once for each consumer.</summary>
    /// <param name="stop">Has it stop.</param>
    /// <exception cref="ConsumerFailedException">It cannot go on: the broker refuses it for good, or a processor failed and the options say to stop then.</exception>
    public Task RunAsync(CancellationToken stop = default)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (running is not null)
            {
                throw new InvalidOperationException("The consumer was run before.");
            }

            running = RunUntilStoppedAsync(stop);
            return running;
        }
    }

    /// <summary>
    /// Stops gracefully: processors finish their batches, are asked to shut down and can checkpoint, within
    /// <see cref="BrokerConsumerOptions.ShutdownTimeout"/>; then the worker says goodbye, and its shards go to others at once.
    /// </summary>
    /// <param name="cancellation">Gives up waiting; the stop goes on.</param>
    public async Task StopAsync(CancellationToken cancellation = default)
    {
        BeginStop();
        if (running is { } run)
        {
            await run.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Stops gracefully, and lets go of connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        lock (gate)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
        }

        gateways.Dispose();
        metrics.Dispose();
        finished.Dispose();
    }

    private static string NewWorkerId()
    {
        var machine = string.Concat(Environment.MachineName.Where(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.'));
        return $"{machine[..Math.Min(64, machine.Length)]}:{Environment.ProcessId}:{Guid.NewGuid():N}";
    }

    private async Task RunUntilStoppedAsync(CancellationToken stop)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await using var stopped = stop.Register(BeginStop);
        var backoff = new Backoff(options.RetryDelay, MaxConnectPause, time);
        while (!finished.IsCancellationRequested)
        {
            try
            {
                await ServeAsync(backoff);
            }
            catch (Exception e) when (RpcFaults.IsTransient(e))
            {
                if (finished.IsCancellationRequested)
                {
                    break;
                }

                metrics.Disconnected(RpcFaults.CodeOf(e));
                LogDisconnected(logger, WorkerId, options.ApplicationName, RpcFaults.CodeOf(e), RpcFaults.MessageOf(e));
                gateways.MoveOn();
                await backoff.PauseAsync(finished.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                failure ??= new ConsumerFailedException(
                    e is RpcException ? RpcFaults.CodeOf(e) : e.GetType().Name,
                    $"Worker {WorkerId} of application {options.ApplicationName} cannot go on: {RpcFaults.MessageOf(e)}",
                    e);
                ForEachSlot(slot => slot.Lose(RpcFaults.MessageOf(e)));
                BeginStop();
                await finishing!;
            }
        }

        await (finishing ?? Task.CompletedTask);
        if (failure is not null)
        {
            throw failure;
        }
    }

    /// <summary>Serves one call to its end; returns after a goodbye.</summary>
    private async Task ServeAsync(Backoff backoff)
    {
        shards.BeginCall();
        using var link = new ConsumeLink(gateways.Current.Applications.Consume(), JoinMessage(), time);
        using var over = new CancellationTokenSource();
        var reporting = ReportAsync(link, over.Token);
        lock (gate)
        {
            current = link;
        }

        try
        {
            if (finished.IsCancellationRequested)
            {
                return;
            }

            while (await link.ReadAsync(over.Token) is { } message)
            {
                if (message.Joined is { } joined)
                {
                    failoverTime = joined.FailoverTime.ToTimeSpan();
                    if (link.FailoverTime == TimeSpan.MaxValue)
                    {
                        LogJoined(logger, WorkerId, options.ApplicationName);
                        backoff.Reset();
                        ForEachSlot(slot => slot.Rejoined(failoverTime));
                    }

                    link.FailoverTime = failoverTime;
                    continue;
                }

                shards.Handle(link, message, WorkerId);
            }

            if (!finished.IsCancellationRequested)
            {
                throw new IOException("The gateway ended the call.");
            }
        }
        finally
        {
            lock (gate)
            {
                current = null;
            }

            await over.CancelAsync();
            ForEachSlot(slot => slot.Detach(link, failoverTime / 2));
            link.Dispose();
            await reporting;
            await link.Writing;
        }
    }

    private void ForEachSlot(Action<LeaseSlot> action)
    {
        foreach (var worker in shards.All)
        {
            action(worker.Slot);
        }
    }

    private async Task ReportAsync(ConsumeLink link, CancellationToken cancellation)
    {
        var cpu = new CpuShare(time);
        var started = time.GetTimestamp();
        try
        {
            using var timer = new PeriodicTimer(ReportInterval, time);
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                if (link.FailoverTime == TimeSpan.MaxValue && time.GetElapsedTime(started) > JoinTimeout)
                {
                    link.Dispose();
                }

                link.Report(cpu.Take());
            }
        }
        catch (OperationCanceledException)
        {
            // The call is over.
        }
    }

    private void Fail(ShardLease lease, Exception exception)
    {
        failure ??= new ConsumerFailedException(
            ConsumerFailedException.ProcessorFailed, $"The processor of {lease.ShardId} of {lease.StreamName} failed: {exception.Message}", exception);
        BeginStop();
    }

    private void BeginStop()
    {
        lock (gate)
        {
            if (isDisposed || finishing is not null)
            {
                return;
            }

            finishing = FinishAsync();
        }
    }

    /// <summary>Waits for the processors to shut down, and has the call say goodbye.</summary>
    private async Task FinishAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        shards.Stop();
        await AllAsync(options.ShutdownTimeout);
        if (shards.All.Any())
        {
            LogOverdue(logger, WorkerId, options.ApplicationName, options.ShutdownTimeout);
            ForEachSlot(slot => slot.Lose("The time to stop is over."));
            await AllAsync(GoodbyeTimeout);
        }

        await finished.CancelAsync();
        ConsumeLink? link;
        lock (gate)
        {
            link = current;
        }

        link?.Complete();
        _ = EndAsync(link);

        async Task AllAsync(TimeSpan within)
        {
            await Task.WhenAll(shards.All.Select(worker => worker.Running)).WaitAsync(within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A goodbye that is not answered is a goodbye all the same.</summary>
    private async Task EndAsync(ConsumeLink? link)
    {
        await Task.Delay(GoodbyeTimeout, time);
        link?.Dispose();
    }

    private ConsumeJoin JoinMessage()
    {
        var join = new ConsumeJoin
        {
            ApplicationName = options.ApplicationName,
            WorkerId = WorkerId,
            InitialPosition = options.InitialPosition.Message,
            MaxLeases = options.MaxLeases,
            Capacity = options.Capacity,
            FailoverTime = options.FailoverTime is { } failover ? Duration.FromTimeSpan(failover) : null,
            HandOverTime = options.HandOverTime is { } handOver ? Duration.FromTimeSpan(handOver) : null,
            CreditBytes = options.MaxBufferedBytes,

            // Any credit lets one message through: with one byte a shard's next records come when the last are done with.
            LeaseCreditBytes = options.Retrieval == RetrievalMode.Polling ? 1 : options.MaxBufferedBytesPerShard,
        };
        join.StreamNames.AddRange(options.StreamNames);
        return join;
    }

    private sealed class DelegateProcessorFactory(Func<ShardLease, IRecordProcessor> make) : IRecordProcessorFactory
    {
        public IRecordProcessor Create(ShardLease lease) => make(lease);
    }
}
