using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Broker.Cli.Serve.Telemetry;

/// <summary>Metrics, traces and logs of the process: to an OTLP receiver where OpenTelemetry's own variables name one, and to whoever scrapes them.</summary>
internal static class TelemetryHosting
{
    private const string Section = "Broker:Telemetry";
    private const string MetricsPath = "/metrics";

    /// <summary>Where the bounds of a latency's histogram lie, in seconds: from a commit to memory's speed to a call's longest time-out.</summary>
    private static readonly double[] SecondBounds =
        [0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    public static void AddBrokerTelemetry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<TelemetryOptions>, Validator>();
        services.AddOptions<TelemetryOptions>().Bind(builder.Configuration.GetSection(Section)).ValidateOnStart();
        var options = OptionsOf(builder.Configuration);
        var isSending = builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 };
        var isScraped = options.TryGetEndPoint(out var endPoint);
        if (!isSending && !isScraped)
        {
            return;
        }

        var telemetry = services.AddOpenTelemetry().WithMetrics(metrics =>
        {
            metrics.AddMeter("Broker.*", "Microsoft.Orleans", "System.Runtime", "Npgsql");
            metrics.AddView(static instrument => instrument is { Unit: "s" } && instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal)
                ? new ExplicitBucketHistogramConfiguration { Boundaries = SecondBounds }
                : null);
            if (isScraped)
            {
                metrics.AddPrometheusExporter(static prometheus => prometheus.ScrapeEndpointPath = MetricsPath);
            }
        });
        if (isSending)
        {
            telemetry.WithTracing(traces =>
            {
                traces.AddSource("Broker.*").AddAspNetCoreInstrumentation(static requests => requests.Filter = static context => !HealthAnswer.Paths.Contains(context.Request.Path.Value));
                if (builder.Configuration["OTEL_TRACES_SAMPLER"] is not { Length: > 0 })
                {
                    // A trace is the client's to begin: thousands of puts a second would be thousands of traces.
                    traces.SetSampler(new ParentBasedSampler(new AlwaysOffSampler()));
                }
            });
            telemetry.WithLogging();
            telemetry.UseOtlpExporter();
        }

        if (isScraped)
        {
            services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(endPoint!, static endpoint => endpoint.Protocols = HttpProtocols.Http1));
        }
    }

    /// <summary>Before all else: at the address for scraping nothing else answers.</summary>
    public static void UseBrokerTelemetry(this WebApplication application)
    {
        if (!OptionsOf(application.Configuration).TryGetEndPoint(out var endPoint))
        {
            return;
        }

        application.MapWhen(
            context => context.Connection.LocalPort == endPoint.Port,
            scraped =>
            {
                scraped.UseOpenTelemetryPrometheusScrapingEndpoint();
                scraped.Run(static context =>
                    (HealthAnswer.For(context) ?? new HealthAnswer(StatusCodes.Status404NotFound, $"Only {MetricsPath} and {string.Join(", ", HealthAnswer.Paths)} answer here.\n"))
                    .WriteAsync(context.Response));
            });
    }

    private static TelemetryOptions OptionsOf(IConfiguration configuration) => configuration.GetSection(Section).Get<TelemetryOptions>() ?? new TelemetryOptions();

    /// <summary>Reads the gateway's settings as they stand: their own faults are told by their own rules.</summary>
    private sealed class Validator(IConfiguration configuration) : IValidateOptions<TelemetryOptions>
    {
        public ValidateOptionsResult Validate(string? name, TelemetryOptions options)
        {
            var gateway = configuration.GetSection("Broker:Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
            var tls = configuration.GetSection("Broker:Tls").Get<TlsOptions>() ?? new TlsOptions();
            return options.Faults(gateway, tls) is { Count: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
        }
    }
}
