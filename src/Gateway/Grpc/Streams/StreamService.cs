using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Grpc.Streams;

/// <summary>broker.v1.StreamService, one file an operation: checks the form of requests; the grains decide the rest. Bound by <see cref="StreamServiceMethods"/>.</summary>
public sealed partial class StreamService(
    IBrokerGrains grains,
    StreamRoutes routes,
    StreamCalls streams,
    PageTokens tokens,
    StreamCiphers ciphers,
    BrokerIdentity identity,
    TimeProvider clock,
    IOptions<ProducerLimits> producers)
{
    /// <summary>What an ON_DEMAND stream starts with (AWS, CreateStream).</summary>
    private const int DefaultShards = 4;
}
