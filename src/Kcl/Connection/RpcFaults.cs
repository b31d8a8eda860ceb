using Broker.Kcl.Producer;
using Google.Rpc;
using Grpc.Core;

namespace Broker.Kcl.Connection;

/// <summary>Tells failures that pass by themselves from those that do not.</summary>
internal static class RpcFaults
{
    /// <summary>True when the same call may succeed later: the broker says so, or the connection broke.</summary>
    public static bool IsTransient(Exception exception)
    {
        if (exception is not RpcException rpc)
        {
            return exception is IOException or HttpRequestException or TimeoutException;
        }

        // An error with a reason comes from the broker, which adds RetryInfo where retrying helps; one without comes from the transport.
        var status = rpc.GetRpcStatus();
        if (status?.GetDetail<ErrorInfo>() is { } info)
        {
            return status.GetDetail<RetryInfo>() is not null || info.Reason is "UNAVAILABLE" or "OVERLOADED";
        }

        return rpc.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown
            or StatusCode.Aborted or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted;
    }

    /// <summary>The broker's own reason; null where the error is not one of its own.</summary>
    public static string? ReasonOf(RpcException exception) => exception.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;

    /// <summary>The error's code: the broker's own reason, or the transport's status.</summary>
    public static string CodeOf(Exception exception) => exception is RpcException rpc
        ? ReasonOf(rpc) ?? (rpc.StatusCode == StatusCode.Unavailable ? PutErrorCode.Disconnected : rpc.StatusCode.ToString())
        : PutErrorCode.Disconnected;

    /// <summary>What went wrong in words.</summary>
    public static string MessageOf(Exception exception) => exception is RpcException rpc ? rpc.Status.Detail : exception.Message;
}
