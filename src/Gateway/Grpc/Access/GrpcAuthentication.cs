using System.Text;
using Broker.Gateway.Auth;
using Broker.Gateway.Errors;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Grpc.Access;

/// <summary>Finds out who makes a gRPC call before anything of its messages is read. In the pipeline only while authentication is on.</summary>
/// <remarks>
/// A call presents Signature Version 4 in its metadata over POST, path, host and time, and not over messages
/// (docs/security.md); a call that goes on for long is judged at its begin.
/// </remarks>
internal sealed class GrpcAuthentication(RequestDelegate next, RequestAuthenticator authenticator)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not { } called || GrpcOperations.IsOpen(called.Method.FullName))
        {
            return next(context);
        }

        var result = authenticator.AuthenticateCall(context);
        if (!result.IsAuthenticated)
        {
            return RefuseAsync(context.Response, result.Fault);
        }

        context.Features.Set(result.Caller);
        return next(context);
    }

    /// <summary>Ends the call with headers alone, as gRPC has it: no message, and a status with its details.</summary>
    private static Task RefuseAsync(Microsoft.AspNetCore.Http.HttpResponse response, AuthenticationFault fault)
    {
        var status = new Google.Rpc.Status { Code = (int)StatusCode.Unauthenticated, Message = fault.Message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = BrokerErrors.Domain, Reason = Reason(fault.Type) }));
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = "16";
        response.Headers["grpc-message"] = Uri.EscapeDataString(fault.Message);
        response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(status.ToByteArray());
        return response.StartAsync();
    }

    /// <summary>AWS's type in upper snake case, without its ending: INVALID_SIGNATURE.</summary>
    internal static string Reason(string type)
    {
        var reason = new StringBuilder();
        foreach (var letter in type.EndsWith("Exception", StringComparison.Ordinal) ? type[..^"Exception".Length] : type)
        {
            if (char.IsUpper(letter) && reason.Length > 0)
            {
                reason.Append('_');
            }

            reason.Append(char.ToUpperInvariant(letter));
        }

        return reason.ToString();
    }
}
