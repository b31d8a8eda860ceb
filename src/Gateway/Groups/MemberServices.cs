using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Groups;

/// <summary>What every Consume call of a gateway works with.</summary>
public sealed class MemberServices(
    IBrokerGrains grains,
    StreamRoutes routes,
    ShardFeeds feeds,
    StreamCiphers ciphers,
    IOptions<GatewayOptions> options,
    GatewayMetrics metrics,
    TimeProvider clock,
    ILoggerFactory loggers)
{
    internal IBrokerGrains Grains => grains;

    internal StreamRoutes Routes => routes;

    internal TimeProvider Clock => clock;

    internal ILogger Logger { get; } = loggers.CreateLogger<GroupMember>();

    /// <summary>A reader of one shard that takes turns with others.</summary>
    /// <param name="turns">The turns.</param>
    /// <param name="ready">Waits until the shard's records are wanted: a turn must not wait for that.</param>
    internal ShardSubscription NewReader(SemaphoreSlim turns, Func<CancellationToken, ValueTask> ready) =>
        new(grains, routes, feeds, ciphers, options.Value, clock, metrics, turns, ready);
}
