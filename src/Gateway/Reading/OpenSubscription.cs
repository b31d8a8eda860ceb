using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Reading;

/// <summary>A subscription whose turn is taken and that sends nothing yet.</summary>
/// <param name="Route">Its stream.</param>
/// <param name="Shard">Its shard.</param>
/// <param name="Consumer">Its consumer's name; null for nobody's.</param>
/// <param name="Subscription">Its own number.</param>
/// <param name="Start">The first position to send.</param>
internal sealed record OpenSubscription(StreamRoute Route, ShardDescription Shard, string? Consumer, Guid Subscription, long Start);
