using Broker.Contracts.Errors;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Records;

/// <summary>Calls that ask whether they would be let through, and for nothing else (AWS, DryRun, 2026).</summary>
internal static class DryRuns
{
    /// <exception cref="BrokerException">DryRun, where the call is one: form, stream and permission are found good.</exception>
    public static void EndIf(bool? isDryRun)
    {
        if (isDryRun == true)
        {
            throw new BrokerException(BrokerErrorCode.DryRun, "Request would have succeeded, but DryRun flag is set.");
        }
    }

    /// <summary>As <see cref="EndIf"/>, for calls that have not looked for their stream yet.</summary>
    /// <exception cref="BrokerException">DryRun, or ResourceNotFound.</exception>
    public static async ValueTask EndIfAsync(bool? isDryRun, StreamRoutes routes, string stream, CancellationToken cancellation)
    {
        if (isDryRun == true)
        {
            await routes.GetAsync(stream, cancellation);
            EndIf(isDryRun);
        }
    }
}
