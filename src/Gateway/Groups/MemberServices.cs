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
    internal ShardSubscription NewReader(SemaphoreSlim turns) => new(grains, routes, feeds, ciphers, options.Value, clock, metrics, turns);
}
