using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Hosting;

/// <summary>What a process with the role of a silo alone says to whoever takes it for a gateway.</summary>
internal static class NoGateway
{
    private const string Message = "This process owns shards and takes no requests (Broker:Cluster:Roles is silo): ask one with the role gateway.";

    public static Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            response.ContentType = "application/grpc";
            response.Headers["grpc-status"] = ((int)StatusCode.Unimplemented).ToString(System.Globalization.CultureInfo.InvariantCulture);
            response.Headers["grpc-message"] = Message;
            return Task.CompletedTask;
        }

        response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        response.ContentType = "text/plain";
        return response.WriteAsync(Message + "\n");
    }
}
