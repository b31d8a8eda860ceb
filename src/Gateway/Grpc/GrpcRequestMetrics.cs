using Broker.Gateway.Metrics;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Broker.Gateway.Grpc;

/// <summary>Counts gRPC calls and how they ended. Runs outside of the interceptor that makes errors of exceptions.</summary>
public sealed class GrpcRequestMetrics(GatewayMetrics metrics) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var call = Begin(context);
        try
        {
            return await continuation(request, context);
        }
        catch (RpcException exception)
        {
            call.Status = exception.StatusCode;
            throw;
        }
        finally
        {
            End(call);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var call = Begin(context);
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (RpcException exception)
        {
            call.Status = exception.StatusCode;
            throw;
        }
        finally
        {
            End(call);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var call = Begin(context);
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (RpcException exception)
        {
            call.Status = exception.StatusCode;
            throw;
        }
        finally
        {
            End(call);
        }
    }

    private Call Begin(ServerCallContext context) => new(context.Method, metrics.Requests.Now());

    // Only methods that exist come here: their names are few.
    private void End(Call call) => metrics.Requests.Ended(
        call.Method[(call.Method.LastIndexOf('/') + 1)..], "grpc", call.Status == StatusCode.OK ? null : call.Status.ToString(), call.Started);

    private record struct Call(string Method, long Started)
    {
        public StatusCode Status { get; set; }
    }
}
