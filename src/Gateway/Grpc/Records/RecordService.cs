using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Auth;
using Broker.Gateway.Errors;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;
using Broker.Gateway.Wire;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Grpc.Records;

/// <summary>broker.v1.RecordService, one file an operation; bound by <see cref="RecordServiceMethods"/> with marshallers of our own.</summary>
public sealed partial class RecordService(
    StreamRoutes routes,
    RecordAppender appender,
    RecordPuts puts,
    RecordReads reads,
    AnswerBudget answers,
    ShardIterators iterators,
    StartingPositions positions,
    Subscriptions subscriptions,
    GatewayDrain drain,
    GatewayMetrics metrics,
    IOptions<GatewayOptions> options,
    IOptions<BrokerLimits> limits,
    Authorizer authorizer,
    BrokerIdentity identity,
    IOptions<ProducerLimits> producerLimits)
{
    /// <summary>The timestamp until which a call's puts are tried.</summary>
    /// <remarks>gRPC turns the client's time-out into a time of this machine's clock, which need not be the cluster's.</remarks>
    private long DeadlineOf(ServerCallContext context) => appender.DeadlineAfter(
        context.Deadline == DateTime.MaxValue ? TimeSpan.MaxValue : context.Deadline - TimeProvider.System.GetUtcNow().UtcDateTime);

    internal static string ReadStreamName(RequestFrame frame)
    {
        var name = "";
        var reader = new ProtoReader(frame.Message);
        while (reader.TryNext())
        {
            if (reader.IsBytes(RecordFields.StreamName))
            {
                name = System.Text.Encoding.UTF8.GetString(reader.Bytes[..Math.Min(reader.Bytes.Length, 1024)]);
            }
        }

        return reader.IsMalformed ? throw Malformed() : name;
    }

    private static BrokerException Malformed() => new(BrokerErrorCode.InvalidArgument, "The request is malformed.");

    private static string Reason(BrokerErrorCode code) => BrokerErrors.Find(code).Reason;
}
