using System.Text;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Aws;

/// <summary>Writes what is no answer of an operation: errors, in the forms that AWS has for them.</summary>
internal static class AwsAnswers
{
    /// <summary>An error in the request's protocol.</summary>
    public static async Task ErrorAsync(HttpContext context, AwsProtocol protocol, AwsError error)
    {
        using var body = new PooledBuffer();
        protocol.EncodeError(body, error);
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = protocol.ContentType;
        if (protocol == AwsProtocol.RpcV2Cbor)
        {
            context.Response.Headers[AwsRoute.ProtocolHeader] = AwsRoute.RpcV2Cbor;
        }

        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body.Written, context.RequestAborted);
    }

    /// <summary>An error to whoever speaks no protocol of the service.</summary>
    public static Task XmlAsync(HttpContext context, int status, string type, string? message) => TextAsync(
        context, status, null, message is null ? $"<{type}/>\n" : $"<{type}>\n  <Message>{message}</Message>\n</{type}>\n");

    /// <summary>An error in the form of AWS's oldest JSON.</summary>
    public static Task DeprecatedAsync(HttpContext context, int status, string type) => TextAsync(
        context, status, "application/json", $$"""{"Output":{"__type":"com.amazon.coral.service#{{type}}"},"Version":"1.0"}""");

    private static async Task TextAsync(HttpContext context, int status, string? contentType, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
