using Orleans.Placement;

namespace Broker.Silo.Shards.Placement;

/// <summary>Where shards begin: see <see cref="ShardPlacementDirector"/>. Where they go from there is decided by their load.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking]
public sealed class ShardPlacement : PlacementStrategy;

/// <summary>Places a grain class by <see cref="ShardPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());
