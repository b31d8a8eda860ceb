using System.Data.Common;
using Broker.Contracts.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Errors;

/// <summary>Turns what a call threw into what its client may know: a code of ours, UNAVAILABLE, or INTERNAL with a correlation id.</summary>
/// <remarks>Never a stack trace: it goes to the log under the correlation id.</remarks>
public sealed partial class BrokerErrorInterceptor(ILogger<BrokerErrorInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Translate(exception, context);
        }
    }

    /// <summary>The error for the client; logs what it must not see.</summary>
    internal RpcException Translate(Exception exception, ServerCallContext context)
    {
        if (exception is BrokerException { Code: not BrokerErrorCode.None } known)
        {
            return BrokerErrors.ToRpcException(known.Code, known.Message);
        }

        if (context.CancellationToken.IsCancellationRequested)
        {
            return new RpcException(new Status(StatusCode.Cancelled, "The client ended the call."));
        }

        if (exception is TimeoutException or OrleansException or OperationCanceledException or DbException)
        {
            LogUnavailable(context.Method, exception);
            return BrokerErrors.ToRpcException(BrokerErrorCode.Unavailable, "The broker cannot answer now; retry.");
        }

        var correlation = Guid.NewGuid().ToString("N");
        LogInternal(context.Method, correlation, exception);
        return BrokerErrors.ToRpcException(BrokerErrorCode.Internal, $"Internal error; the server's log tells more under {correlation}.");
    }
}
