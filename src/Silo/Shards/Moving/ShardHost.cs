using System.Data.Common;
using Broker.Contracts.Cluster;
using Broker.Contracts.Shards;
using Broker.Silo.Operations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Shards.Moving;

/// <inheritdoc cref="IShardHost"/>
internal sealed class ShardHost(
    GrainId id,
    Orleans.Runtime.Silo silo,
    ILoggerFactory loggers,
    LocalShards shards,
    SiloReporter reporter,
    SiloDrain drain,
    IGrainFactory grains,
    IEnumerable<IProcessDiagnostics> diagnostics,
    IOptions<BalanceOptions> options)
    : GrainService(id, silo, loggers), IShardHost
{
    private const int MaxConcurrentChecks = 64;
    private const int CheckAttempts = 10;
    private static readonly TimeSpan CheckPause = TimeSpan.FromMilliseconds(200);

    public Task<SiloLoad> GetLoadAsync() =>
        Task.FromResult(shards.Measure(options.Value.MaxMovesPerRound * 16) with { IsDrained = drain.IsDrained });

    public Task<SiloReport> ReportAsync() => Task.FromResult(reporter.Report());

    public Task<ProcessReport?> DiagnoseAsync() => Task.FromResult(diagnostics.FirstOrDefault()?.Read());

    public async Task<int> CheckShardsAsync()
    {
        var keys = shards.Keys;
        var unanswered = 0;
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrentChecks }, async (shard, _) =>
        {
            // A database that was just started again answers none of the connections that were made before.
            for (var left = CheckAttempts; !await TryCheckAsync(shard); left--)
            {
                if (left == 1)
                {
                    Interlocked.Increment(ref unanswered);
                    return;
                }

                await Task.Delay(CheckPause, CancellationToken.None);
            }
        });
        return unanswered == 0 ? keys.Count : throw new TimeoutException($"{unanswered} of {keys.Count} shards could not be compared.");
    }

    public Task DrainAsync(bool isDrained)
    {
        drain.Set(isDrained);
        return Task.CompletedTask;
    }

    private async Task<bool> TryCheckAsync(ShardKey shard)
    {
        try
        {
            return await grains.GetGrain<IShardMaintenance>(shard.ToGrainKey()).CheckAsync();
        }
        catch (Exception exception) when (exception is OrleansException or TimeoutException or DbException)
        {
            return false;
        }
    }
}
