using Broker.Contracts.Cluster;
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
    IOptions<BalanceOptions> options)
    : GrainService(id, silo, loggers), IShardHost
{
    public Task<SiloLoad> GetLoadAsync() =>
        Task.FromResult(shards.Measure(options.Value.MaxMovesPerRound * 16) with { IsDrained = drain.IsDrained });

    public Task<SiloReport> ReportAsync() => Task.FromResult(reporter.Report());

    public Task DrainAsync(bool isDrained)
    {
        drain.Set(isDrained);
        return Task.CompletedTask;
    }
}
