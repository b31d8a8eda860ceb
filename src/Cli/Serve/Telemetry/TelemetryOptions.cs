using System.Diagnostics.CodeAnalysis;
using System.Net;
using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;

namespace Broker.Cli.Serve.Telemetry;

/// <summary>Where metrics can be scraped. What is sent by OTLP is said by OpenTelemetry's own variables (docs/metrics.md).</summary>
internal sealed class TelemetryOptions
{
    /// <summary>Address on which <c>/metrics</c> answers in Prometheus' format, and <c>/healthz</c>; empty for none. Nobody is asked for credentials there.</summary>
    public string Listen { get; set; } = string.Empty;

    /// <summary>What is wrong with the settings; empty where nothing is.</summary>
    /// <param name="gateway">Where clients are listened to.</param>
    /// <param name="tls">Where they are, by TLS.</param>
    public IReadOnlyList<string> Faults(GatewayOptions gateway, TlsOptions tls)
    {
        if (Listen.Length == 0)
        {
            return [];
        }

        if (!TryGetEndPoint(out var endPoint))
        {
            return [$"Broker:Telemetry:Listen is '{Listen}': it must be http:// with an IP address or localhost, and a port, such as http://127.0.0.1:9464, or empty."];
        }

        // Requests are told apart by their port: those of clients would be taken for scrapers'.
        return (gateway.TryGetEndPoint(out var clear) && clear.Port == endPoint.Port) || (tls.TryGetEndPoint(gateway, out var second) && second.Port == endPoint.Port)
            ? [$"Broker:Telemetry:Listen is '{Listen}': clients are listened to on port {endPoint.Port} (Broker:Gateway:Listen, Broker:Tls:Listen); it must be another."]
            : [];
    }

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
