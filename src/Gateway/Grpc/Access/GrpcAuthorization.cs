using Broker.Contracts.Errors;
using Broker.Gateway.Auth;
using Broker.Gateway.Errors;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Broker.Gateway.Grpc.Access;

/// <summary>Asks the authorizer before every gRPC operation, by <see cref="GrpcOperations"/>. Costs nothing while authentication is off.</summary>
/// <remarks>Runs inside <see cref="BrokerErrorInterceptor"/>, which tells the client what is thrown here.</remarks>
public sealed class GrpcAuthorization(Authorizer authorizer, GrpcResources resources) : Interceptor
{
    /// <summary>Who makes a call, as <see cref="GrpcAuthentication"/> found it.</summary>
    public static Caller CallerOf(ServerCallContext context) => context.GetHttpContext().Features.Get<Caller>() ?? Caller.Anonymous;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        authorizer.IsOn ? DemandThenAsync(request, context, continuation) : continuation(request, context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        authorizer.IsOn ? DemandThenAsync(request, responseStream, context, continuation) : continuation(request, responseStream, context);

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        if (authorizer.IsOn && GrpcOperations.Find(context.Method) is null)
        {
            throw Unknown(context);
        }

        await continuation(requestStream, responseStream, context);
    }

    private async Task<TResponse> DemandThenAsync<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        await DemandAsync(request, context);
        return await continuation(request, context);
    }

    private async Task DemandThenAsync<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        await DemandAsync(request, context);
        await continuation(request, responseStream, context);
    }

    private async ValueTask DemandAsync(object request, ServerCallContext context)
    {
        if (GrpcOperations.IsOpen(context.Method))
        {
            return;
        }

        try
        {
            var operation = GrpcOperations.Find(context.Method) ?? throw Unknown(context);
            if (operation.Find is { } find)
            {
                var demand = await find(resources, request, context.CancellationToken);
                await authorizer.DemandAsync(CallerOf(context), demand.Action, demand.ResourceArn, context.CancellationToken);
            }

            if (operation.FindMore?.Invoke(resources, request) is { } more)
            {
                await authorizer.DemandAsync(CallerOf(context), more.Action, more.ResourceArn, context.CancellationToken);
            }
        }
        catch
        {
            // The handler, which would give the buffer back, does not see the request.
            (request as IDisposable)?.Dispose();
            throw;
        }
    }

    private static BrokerException Unknown(ServerCallContext context) =>
        new(BrokerErrorCode.AccessDenied, $"{context.Method} is not an operation that policies know.");
}
