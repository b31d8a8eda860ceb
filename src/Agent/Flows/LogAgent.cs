using Broker.Agent.Checkpoints;
using Broker.Agent.Configuration;
using Microsoft.Extensions.Logging;

namespace Broker.Agent.Flows;

/// <summary>Runs the flows of a configuration, each by itself.</summary>
public sealed partial class LogAgent
{
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);
    private readonly AgentConfiguration configuration;
    private readonly BrokerConnectionSettings connection;
    private readonly ILoggerFactory loggers;
    private readonly ILogger logger;
    private readonly TimeProvider time;

    /// <param name="configuration">What it is to do.</param>
    /// <param name="connection">Where to, for a configuration that names no endpoint or key.</param>
    /// <param name="loggers">Make its logs.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public LogAgent(AgentConfiguration configuration, BrokerConnectionSettings connection, ILoggerFactory loggers, TimeProvider? time = null)
    {
        this.configuration = configuration;
        this.connection = connection with
        {
            Endpoints = configuration.Endpoints.Count > 0 ? configuration.Endpoints : connection.Endpoints,
            Credentials = configuration.Credentials ?? connection.Credentials,
        };
        this.loggers = loggers;
        this.time = time ?? TimeProvider.System;
        logger = loggers.CreateLogger<LogAgent>();
    }

    /// <summary>Tries that what a configuration needs can be had, and leaves nothing behind.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <exception cref="IOException">The checkpoint file cannot be read or written, or is none.</exception>
    public static void Check(AgentConfiguration configuration) => CheckpointStore.Check(configuration.CheckpointFile);

    /// <summary>Runs until it is told to stop, and then until what was read is acknowledged, at most for the shutdown timeout.</summary>
    /// <param name="stop">Tells it to.</param>
    /// <exception cref="IOException">The checkpoint file cannot be had.</exception>
    public async Task RunAsync(CancellationToken stop)
    {
        foreach (var warning in configuration.Warnings)
        {
            LogWarning(logger, warning);
        }

        using var store = CheckpointStore.Open(configuration.CheckpointFile);
        using var metrics = new AgentMetrics();
        using var abandon = new CancellationTokenSource();
        await using var deadline = stop.UnsafeRegister(
            static state => ((CancellationTokenSource)((object[])state!)[0]).CancelAfter((TimeSpan)((object[])state)[1]),
            new object[] { abandon, configuration.ShutdownTimeout });
        LogStarted(logger, configuration.Flows.Count, string.Join(", ", connection.Endpoints), configuration.CheckpointFile);
        var reporting = ReportAsync(metrics, stop);
        await Task.WhenAll(configuration.Flows.Select(flow => Task.Run(() => KeepRunningAsync(flow, store, metrics, stop, abandon.Token), CancellationToken.None)));
        await reporting;
        LogStopped(logger);
    }

    /// <summary>Runs a flow; one that breaks goes on from its checkpoint.</summary>
    private async Task KeepRunningAsync(FlowConfiguration flow, CheckpointStore store, AgentMetrics metrics, CancellationToken stop, CancellationToken abandon)
    {
        while (!stop.IsCancellationRequested)
        {
            var target = new StreamTarget(flow, connection, loggers);
            try
            {
                using var runner = new FlowRunner(flow, configuration.CheckpointTimeToLive, target, store, metrics, time, loggers.CreateLogger<FlowRunner>());
                await runner.RunAsync(stop, abandon);
            }
            catch (Exception e)
            {
                LogBroken(logger, e, flow.FilePattern);
                await Task.Delay(RestartPause, time, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
            }

            // Its end may take as long as a record is tried for, which an agent that stops does not wait for.
            await target.DisposeAsync().AsTask().WaitAsync(abandon).ContinueWith(static task => task.Exception, TaskScheduler.Default);
        }
    }

    private async Task ReportAsync(AgentMetrics metrics, CancellationToken stop)
    {
        if (configuration.StatusPeriod == TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(configuration.StatusPeriod, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                foreach (var flow in configuration.Flows.Select(metrics.StatusOf))
                {
                    LogStatus(logger, flow.FilePattern, flow.StreamName, flow.Paths, flow.Records, flow.Pending, flow.BytesBehind);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
        }
    }
}
