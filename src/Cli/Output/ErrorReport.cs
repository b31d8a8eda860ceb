using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;

namespace Broker.Cli.Output;

/// <summary>What a failed call tells the user: one line with reason, message and, where there is one, a hint.</summary>
internal sealed record ErrorReport(string Line, int ExitCode)
{
    public static ErrorReport From(RpcException exception, Uri endpoint)
    {
        if (IsUnreachable(exception))
        {
            return new ErrorReport(
                $"broker: cannot connect to {endpoint.GetLeftPart(UriPartial.Authority)}: {Innermost(exception)} " +
                "Is it running ('broker serve')? --endpoint or BROKER_ENDPOINT names another.",
                Cli.ExitCode.CannotConnect);
        }

        var status = exception.GetRpcStatus();
        var reason = status?.GetDetail<ErrorInfo>()?.Reason;
        var line = $"broker: {reason ?? ReasonOf(exception.StatusCode)}: {OneLine(status?.Message is { Length: > 0 } text ? text : exception.Status.Detail)}";
        if (Hint(reason, line, status?.GetDetail<RetryInfo>()) is { } hint)
        {
            line += $" ({hint})";
        }

        return new ErrorReport(line, Cli.ExitCode.Failure);
    }

    /// <summary>True when no broker was reached: refused, no route, no such host, or no answer in the time to connect.</summary>
    public static bool IsUnreachable(RpcException exception)
    {
        if (exception.StatusCode is not (StatusCode.Unavailable or StatusCode.Internal))
        {
            return false;
        }

        for (var inner = exception.Status.DebugException; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError })
            {
                return true;
            }
        }

        return false;
    }

    private static string Innermost(RpcException exception)
    {
        var inner = exception.Status.DebugException;
        while (inner?.InnerException is { } deeper)
        {
            inner = deeper;
        }

        var message = OneLine(inner?.Message ?? exception.Status.Detail);
        return message.EndsWith('.') ? message : message + ".";
    }

    private static string? Hint(string? reason, string line, RetryInfo? retry) => reason switch
    {
        "RESOURCE_NOT_FOUND" when line.Contains("Application ", StringComparison.Ordinal) => "'broker app list' shows what there is",
        "RESOURCE_IN_USE" when line.Contains("of application ", StringComparison.Ordinal) => "'broker app describe' shows its workers",
        "RESOURCE_NOT_FOUND" when line.Contains(" silo", StringComparison.Ordinal) => "'broker cluster status' shows what there is",
        "RESOURCE_IN_USE" when line.Contains(" silo", StringComparison.OrdinalIgnoreCase) => "'broker cluster status' shows its silos",
        "RESOURCE_NOT_FOUND" => "'broker stream list' shows what there is",
        "RESOURCE_IN_USE" when !line.Contains("already exists", StringComparison.Ordinal) => "'broker stream describe' shows its state; a stream changes only while it is ACTIVE",
        "LIMIT_EXCEEDED" => "'broker limits' shows the quotas; 'broker serve --limits unlimited' lifts them",
        "PROVISIONED_THROUGHPUT_EXCEEDED" => "more shards, ON_DEMAND mode or 'broker serve --limits unlimited' give more",
        "STORAGE_FULL" => "writing resumes by itself when there is space again",
        _ => retry?.RetryDelay is { } delay ? $"try again in {delay.ToTimeSpan().TotalSeconds:0.###} s" : null,
    };

    private static string ReasonOf(StatusCode code) => code switch
    {
        StatusCode.Unimplemented => "UNIMPLEMENTED",
        StatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        StatusCode.Unauthenticated => "UNAUTHENTICATED",
        StatusCode.PermissionDenied => "PERMISSION_DENIED",
        _ => code.ToString().ToUpperInvariant(),
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
