using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Shards.Moving;

/// <inheritdoc cref="IShardHost"/>
internal sealed class ShardHost(GrainId id, Orleans.Runtime.Silo silo, ILoggerFactory loggers, LocalShards shards, IOptions<BalanceOptions> options)
    : GrainService(id, silo, loggers), IShardHost
{
    public Task<SiloLoad> GetLoadAsync() => Task.FromResult(shards.Measure(options.Value.MaxMovesPerRound * 16));
}
