using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Messaging;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Ends the calls of a gateway without a silo that a lost silo will never answer, so that they are made again elsewhere at once.</summary>
/// <remarks>
/// A silo breaks its own calls to one that was taken out of the membership; a client of the silos waits for their time-out, half a minute,
/// since its calls go through one silo to another and it cannot tell which of them have been lost. So when a silo is missed in the table
/// of members, all calls fail that began before that and are still unanswered a moment later, as those of a silo do: what is repeated after
/// that is known by its identity. Runs on the pool; one query a second.
/// </remarks>
internal sealed partial class LostSilos(IGatewayListProvider members, TimeProvider time, ILogger<LostSilos> logger) : BackgroundService, IOutgoingGrainCallFilter
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>For what the silos that are left have in hand, and for the last answers of one that stops in order.</summary>
    private static readonly TimeSpan LastAnswers = TimeSpan.FromMilliseconds(500);

    /// <summary>Cancelled when a silo is missed, and then replaced for the calls that begin later.</summary>
    private CancellationTokenSource missed = new();

    /// <exception cref="SiloUnavailableException">A silo was lost meanwhile; it is not known what became of the call.</exception>
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var lost = Volatile.Read(ref missed).Token;
        try
        {
            await context.Invoke().WaitAsync(lost);
        }
        catch (OperationCanceledException exception) when (exception.CancellationToken == lost)
        {
            throw new SiloUnavailableException($"A silo left the cluster, and {context.InterfaceName}.{context.MethodName} was not answered.");
        }
    }

    public override void Dispose()
    {
        missed.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        HashSet<Uri> known = [];
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                HashSet<Uri> now = [.. await members.GetGateways()];
                var gone = known.Except(now).FirstOrDefault();
                known = now;
                if (gone is not null)
                {
                    LogMissed(logger, gone);
                    using var calls = Interlocked.Exchange(ref missed, new CancellationTokenSource());
                    await Task.Delay(LastAnswers, time, stoppingToken);
                    await calls.CancelAsync();
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogNotRead(logger, exception);
            }
        }
    }
}
