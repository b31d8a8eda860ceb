using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Routing;

/// <summary>The grains of the cluster that this process belongs to.</summary>
internal sealed class OrleansBrokerGrains(IGrainFactory factory, BrokerIdentity identity, KnownEnds ends) : IBrokerGrains
{
    public ICatalogueGrain Catalogue => factory.GetGrain<ICatalogueGrain>(identity.AccountId);

    public IStreamGrain Stream(StreamGeneration generation) => factory.GetGrain<IStreamGrain>(generation.Value);

    public IShardGrain Shard(ShardKey shard) => new WitnessedShard(factory.GetGrain<IShardGrain>(shard.ToGrainKey()), shard, ends);

    public IClusterGrain Cluster => factory.GetGrain<IClusterGrain>(0);

    public IApplicationsGrain Applications => factory.GetGrain<IApplicationsGrain>(identity.AccountId);

    public ILeaseTableGrain LeaseTable(string application) => factory.GetGrain<ILeaseTableGrain>($"{identity.AccountId}/{application}");
}
