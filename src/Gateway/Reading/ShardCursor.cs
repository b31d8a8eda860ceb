using Broker.Contracts.Streams;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;

namespace Broker.Gateway.Reading;

/// <summary>A shard iterator, and what it stands for.</summary>
/// <param name="Iterator">The iterator.</param>
/// <param name="Route">Its stream.</param>
/// <param name="Shard">Its shard.</param>
internal sealed record ShardCursor(ShardIterator Iterator, StreamRoute Route, ShardDescription Shard);
