using Broker.Contracts.Streams;
using Broker.Silo.Streams.Scaling;

namespace Broker.Silo.Streams;

/// <content>ON_DEMAND streams that follow their load: hot shards are split, cold neighbours merged. Clients see an ACTIVE stream meanwhile.</content>
public sealed partial class StreamGrain
{
    private readonly OnDemandScaler scaler;
    private Task scaling = Task.CompletedTask;

    public Task ReportLoadAsync(ShardLoadReport report)
    {
        scaler.Note(report);
        Scale();
        return Task.CompletedTask;
    }

    /// <summary>Begins what the load asks for, if anything: beside the requests, one at a time.</summary>
    private void Scale()
    {
        if (scaling.IsCompleted && NextScaling() is not null)
        {
            scaling = ScaleAsync();
        }
    }

    private async Task ScaleAsync()
    {
        try
        {
            var hasBegun = await ChangeAsync(async () =>
            {
                // Decided anew: the stream may have changed while others had the gate.
                if (NextScaling() is not { } operation)
                {
                    return false;
                }

                var open = rows.Lineage.Open.Length;
                await BeginReshardAsync(rows.Head!, operation.Kind == ReshardKind.Split ? open + 1 : open, operation, settings);
                return true;
            });
            if (hasBegun)
            {
                GoOn();
            }
        }
        catch (Exception exception)
        {
            // The next report, or the next sweep, asks again.
            LogScalingDelayed(generation, exception);
        }
    }

    private ReshardOperation? NextScaling() =>
        onDemand.Scaling && scalingHolds == 0 && !mustLoad && !stopping.IsCancellationRequested
        && rows.Head is { Status: StreamStatus.Active, Mode: StreamMode.OnDemand }
            ? scaler.Next(rows.Lineage, Math.Max(OnDemandScaler.InitialShards, settings.WarmThroughputMiBps), limits.MaxShardsPerStream)
            : null;
}
