using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Shapes;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Aws;

/// <summary>Which protocol a request is written in and which operation it names, from its headers and path alone.</summary>
/// <param name="Protocol">Null where the content type is none that operations are written in.</param>
/// <param name="Service">The service's target; empty for none.</param>
/// <param name="Operation">Empty for none.</param>
/// <param name="ErrorProtocol">How an error is written before more is known.</param>
/// <param name="IsPlainJson">The content type of AWS's oldest clients, which is answered in their way.</param>
internal sealed record AwsRoute(AwsProtocol? Protocol, string Service, string Operation, AwsProtocol ErrorProtocol, bool IsPlainJson)
{
    public const string ProtocolHeader = "smithy-protocol";
    public const string RpcV2Cbor = "rpc-v2-cbor";

    /// <summary>A document of which nothing matters.</summary>
    public static Shape AnyDocument { get; } = Shape.Of(typeof(NoOutputMembers));

    public static AwsRoute Of(HttpRequest request, string rpcPathPrefix)
    {
        var path = request.Path.Value ?? "";
        if (path.StartsWith(rpcPathPrefix, StringComparison.Ordinal))
        {
            var service = rpcPathPrefix.Split('/')[2];
            return new AwsRoute(AwsProtocol.RpcV2Cbor, service, path[rpcPathPrefix.Length..], AwsProtocol.RpcV2Cbor, IsPlainJson: false);
        }

        var target = request.Headers["X-Amz-Target"].ToString().Split('.');
        var contentType = request.ContentType ?? "";
        var semicolon = contentType.IndexOf(';', StringComparison.Ordinal);
        contentType = (semicolon < 0 ? contentType : contentType[..semicolon]).Trim();
        var protocol = contentType switch
        {
            "application/x-amz-json-1.1" => AwsProtocol.Json,
            "application/x-amz-cbor-1.1" => AwsProtocol.Cbor,
            _ => null,
        };
        return new AwsRoute(
            protocol,
            target[0],
            target.Length > 1 ? target[1] : "",
            protocol ?? AwsProtocol.Cbor,
            contentType == "application/json");
    }

    private sealed class NoOutputMembers;
}
