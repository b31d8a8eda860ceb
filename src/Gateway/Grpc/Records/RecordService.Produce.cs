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
            using var session = new ProduceSession(appender, drain, options.Value, producerLimits.Value, GetRoutableAsync, () => DeadlineOf(context));
            await session.RunAsync(requestStream, responseStream, context.CancellationToken);
        }
        finally
        {
            metrics.Session(-1);
            drain.Leave();
        }
    }
}
