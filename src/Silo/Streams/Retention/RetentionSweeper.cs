using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Streams.Retention;

/// <summary>Goes over all streams once at start, and then at every interval: finishes what was cut off, and gives back what has expired.</summary>
/// <remarks>
/// Runs on the thread pool, from after the silo started until before it stops. The first pass resumes the operations that the last run left
/// behind; the later ones are a second net under them. In a cluster the silos take turns, one sweep an interval for all of them.
/// </remarks>
public sealed partial class RetentionSweeper(
    IRowStore rows,
    IShardLog log,
    ExpiryFloor floor,
    ISweepTurns turns,
    IGrainFactory grains,
    TimeProvider time,
    IOptions<RetentionOptions> options,
    ILogger<RetentionSweeper> logger) : BackgroundService
{
    private const int PageRows = 1_024;
    private const int MaxConcurrentStreams = 16;

    private readonly ILogger logger = logger;

    /// <summary>One pass over all streams. What fails is logged and left to the next pass.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        // The floor is durable before anything is removed by it.
        var kept = await floor.SaveAsync(cancellationToken);
        var horizons = new Dictionary<StreamGeneration, long>();
        string? after = null;
        while (await rows.ListAsync(RowKeys.Streams, after, PageRows, cancellationToken) is { Count: > 0 } page)
        {
            after = page[^1].Key.Key;
            foreach (var chunk in page.Chunk(MaxConcurrentStreams))
            {
                var found = await Task.WhenAll(chunk.Select(row => SweepAsync(RowKeys.GenerationOf(row.Key), kept, cancellationToken)));
                foreach (var (stream, horizon) in found)
                {
                    if (horizon is { } time)
                    {
                        horizons[stream] = time;
                    }
                }
            }
        }

        if (horizons.Count > 0)
        {
            var report = await log.ExpireAsync(horizons, cancellationToken);
            if (report.BytesFreed > 0)
            {
                LogExpired(report.BytesFreed, report.FilesDropped, report.FilesRewritten, report.BytesMoved);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        do
        {
            try
            {
                if (await turns.TryTakeAsync(stoppingToken))
                {
                    await SweepAsync(stoppingToken);
                }
                else
                {
                    // The clock of this silo follows that of the others.
                    await floor.SaveAsync(stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogSweepFailed(exception);
            }
        }
        while (await NextAsync(timer, stoppingToken));
    }

    private async Task<(StreamGeneration Stream, long? Horizon)> SweepAsync(StreamGeneration stream, long kept, CancellationToken cancellationToken)
    {
        try
        {
            return (stream, await grains.GetGrain<IStreamMaintenance>(stream.Value).SweepAsync(kept).WaitAsync(cancellationToken));
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogStreamFailed(stream, exception);
            return (stream, null);
        }
    }

    private static async ValueTask<bool> NextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
