using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Leases;

/// <summary>How the leases of a stream must change.</summary>
/// <param name="Created">Shards that get a lease.</param>
/// <param name="Removed">Shards whose lease goes: processed with all children provided for, or gone with their records.</param>
internal sealed record LeaseSyncPlan(IReadOnlyList<ShardDescription> Created, IReadOnlyList<ShardId> Removed);
