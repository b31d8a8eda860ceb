using Broker.Contracts.Shards;

namespace Broker.Tests.Simulation.Shards;

/// <summary>Where a record is, as an answer or the log tells it.</summary>
internal readonly record struct Placement(ShardId Shard, long Position, long Stamp);
