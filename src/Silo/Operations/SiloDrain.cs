using Broker.Contracts.Cluster;
using Broker.Silo.Shards.Moving;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Operations;

/// <summary>Keeps a silo empty while an operator wants it so, without stopping it. Forgotten with the process.</summary>
/// <remarks>Others place shards here that have no owner yet, since they do not know; they are moved on within a moment. The balancer gives it none.</remarks>
internal sealed partial class SiloDrain(LocalShards shards, ShardEvacuation evacuation, TimeProvider time, ILogger<SiloDrain> logger) : BackgroundService, ISiloDrain
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private readonly ILogger logger = logger;
    private volatile bool isDrained;

    public bool IsDrained => isDrained;

    public void Set(bool drained)
    {
        if (isDrained != drained)
        {
            isDrained = drained;
            LogSet(drained ? "gives its shards away, and is not ready" : "takes shards again");
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (isDrained && shards.Count > 0)
                {
                    await evacuation.EmptyAsync(() => isDrained, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "By an operator's word this silo {What}")]
    private partial void LogSet(string what);
}
