using Orleans.Runtime.Services;

namespace Broker.Silo.Shards.Moving;

/// <summary>The way to the shard hosts of all silos.</summary>
internal sealed class ShardHosts(IServiceProvider services) : GrainServiceClient<IShardHost>(services)
{
    public IShardHost Of(SiloAddress silo) => GetGrainService(silo);
}
