using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Routing;

/// <summary>The grains that the gateway talks to; tests put doubles in their place.</summary>
public interface IBrokerGrains
{
    ICatalogueGrain Catalogue { get; }

    IStreamGrain Stream(StreamGeneration generation);

    IShardGrain Shard(ShardKey shard);

    IClusterGrain Cluster { get; }

    IApplicationsGrain Applications { get; }

    ILeaseTableGrain LeaseTable(string application);
}
