using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Broker.Cli.Serve.Telemetry;

/// <summary>Where metrics can be scraped. What is sent by OTLP is said by OpenTelemetry's own variables (docs/metrics.md).</summary>
internal sealed class TelemetryOptions
{
    /// <summary>Address on which <c>/metrics</c> answers in Prometheus' format, and <c>/healthz</c>; empty for none. Nobody is asked for credentials there.</summary>
    public string Listen { get; set; } = string.Empty;

    /// <summary>What is wrong with the settings; empty where nothing is.</summary>
    public IReadOnlyList<string> Faults() => Listen.Length == 0 || TryGetEndPoint(out _)
        ? []
        : [$"Broker:Telemetry:Listen is '{Listen}': it must be http:// with an IP address or localhost, and a port, such as http://127.0.0.1:9464, or empty."];

    public bool TryGetEndPoint([NotNullWhen(true)] out IPEndPoint? endPoint)
    {
        endPoint = null;
        if (Uri.TryCreate(Listen, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.PathAndQuery == "/" && url.Port > 0
            && (url.IdnHost == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(url.IdnHost, out var parsed) ? parsed : null) is { } host)
        {
            endPoint = new IPEndPoint(host, url.Port);
        }

        return endPoint is not null;
    }
}
