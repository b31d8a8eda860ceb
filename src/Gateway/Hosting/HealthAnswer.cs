using Broker.Contracts.Cluster;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Broker.Gateway.Hosting;

/// <summary>What a probe is told, without credentials. Nothing of it asks a grain, the database or another process.</summary>
/// <remarks>
/// Nothing is answered before the process serves: the server starts last, when storage is open and the silo, or the client of the silos, is
/// in the cluster. So a probe for the start can ask any of them.
/// </remarks>
/// <param name="StatusCode">200, or 503 where requests should go elsewhere.</param>
/// <param name="Text">Why.</param>
public sealed record HealthAnswer(int StatusCode, string Text)
{
    /// <summary>Whether the process can answer at all, to the end of its stop.</summary>
    private const string Live = "/livez";

    private static readonly HealthAnswer Fine = new(StatusCodes.Status200OK, "ok\n");
    private static readonly HealthAnswer Stopping = new(StatusCodes.Status503ServiceUnavailable, "stopping\n");
    private static readonly HealthAnswer Drained = new(StatusCodes.Status503ServiceUnavailable, "drained\n");

    /// <summary>Where it is asked: whether the process lives, and, twice by two customs' names, whether requests should come to it.</summary>
    public static IReadOnlyList<string> Paths { get; } = [Live, "/readyz", "/healthz"];

    /// <summary>The answer to a request; null where it asks none of the paths.</summary>
    public static HealthAnswer? For(HttpContext context)
    {
        var path = context.Request.Path.Value;
        return path is null || !Paths.Contains(path) ? null : path == Live ? Fine
            : IsLeaving(context.RequestServices) ? Stopping
            : context.RequestServices.GetService<ISiloDrain>()?.IsDrained == true ? Drained : Fine;
    }

    public Task WriteAsync(HttpResponse response)
    {
        response.StatusCode = StatusCode;
        response.ContentType = "text/plain";
        return response.WriteAsync(Text);
    }

    /// <summary>The process's own word comes with the signal; the drain's where the host is stopped by a call.</summary>
    private static bool IsLeaving(IServiceProvider services) =>
        services.GetService<GatewayDrain>()?.IsLeaving == true
        || services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;
}
