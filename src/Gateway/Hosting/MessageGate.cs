using Broker.Gateway.Wire;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting;

/// <summary>Stands before all gRPC calls and bounds what their messages hold together, before they are read into memory.</summary>
/// <remarks>Messages that find no room: unary calls are refused with OVERLOADED; streams are not read on until there is.</remarks>
internal sealed class MessageGate(
    RequestDelegate next, MessageBudget messages, IOptions<GatewayOptions> options, GatewayDrain drain, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } called || !HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            await next(context);
            return;
        }

        var isStream = called.Method.Type is MethodType.DuplexStreaming or MethodType.ClientStreaming;
        using var body = new GatedBodyReader(context.Request.BodyReader, messages.Budget, isStream, options.Value, drain, clock);
        context.Features.Set<IRequestBodyPipeFeature>(new Pipe(body));
        await next(context);
    }

    private sealed class Pipe(GatedBodyReader body) : IRequestBodyPipeFeature
    {
        public System.IO.Pipelines.PipeReader Reader => body;
    }
}
