using Broker.Gateway.Grpc.Access;
using Broker.Gateway.Routing;
using Broker.Gateway.Wire;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    public async Task Produce(
        IAsyncStreamReader<RequestFrame> requestStream, IServerStreamWriter<V1.ProduceResponse> responseStream, ServerCallContext context)
    {
        drain.Enter();
        metrics.Session(1);
        try
        {
            using var session = new ProduceSession(appender, metrics.Streams, drain, options.Value, producerLimits.Value, GetRouteAsync, () => DeadlineOf(context));
            await session.RunAsync(requestStream, responseStream, context.CancellationToken);
        }
        finally
        {
            metrics.Session(-1);
            drain.Leave();
        }

        async ValueTask<StreamRoute> GetRouteAsync(string streamName, CancellationToken cancellation)
        {
            if (authorizer.IsOn)
            {
                await authorizer.DemandAsync(
                    GrpcAuthorization.CallerOf(context), "kinesis:PutRecords", identity.StreamArn(streamName), cancellation);
            }

            return await puts.GetRoutableAsync(streamName, cancellation);
        }
    }
}
