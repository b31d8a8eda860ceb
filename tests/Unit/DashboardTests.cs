using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Broker.Gateway.Metrics;
using Broker.Silo.Shards;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Storage;
using Xunit;

namespace Broker.Tests.Unit;

/// <summary>The dashboards and alerts of the chart ask for metrics that there are, by the names that Prometheus gives them.</summary>
public sealed partial class DashboardTests
{
    private static readonly string Files = Path.Combine(ArchitectureTests.Root, "deploy", "helm", "broker", "files");

    [Fact]
    public void Every_metric_of_a_dashboard_is_one_of_the_servers()
    {
        var known = PrometheusNames();
        var dashboards = Directory.GetFiles(Path.Combine(Files, "dashboards"), "*.json");
        Assert.NotEmpty(dashboards);
        foreach (var file in dashboards)
        {
            using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
            Assert.Equal(Path.GetFileNameWithoutExtension(file), dashboard.RootElement.GetProperty("uid").GetString());
            var queries = dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
                .Select(static target => target.GetProperty("expr").GetString()!)
                .Concat(dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray()
                    .Where(static variable => variable.TryGetProperty("definition", out _)).Select(static variable => variable.GetProperty("definition").GetString()!))
                .ToArray();
            Assert.True(queries.Length > 10, file);
            AssertKnown(queries, known, file);
        }
    }

    [Fact]
    public void Every_metric_of_an_alert_is_one_of_the_servers()
    {
        var file = Path.Combine(Files, "alerts.yaml");
        AssertKnown([File.ReadAllText(file)], PrometheusNames(), file);
    }

    [Fact]
    public void A_metric_that_is_not_there_is_found() =>
        Assert.Throws<Xunit.Sdk.AllException>(() => AssertKnown(["sum(rate(broker_put_durations_count[1m]))"], PrometheusNames(), "planted"));

    [Theory]
    [InlineData("broker_put_duration_seconds_bucket")]
    [InlineData("broker_gateway_bytes_in_bytes_total")]
    [InlineData("broker_shard_incoming_records_total")]
    [InlineData("broker_shard_active")]
    [InlineData("broker_tail_cache_size_bytes")]
    [InlineData("broker_commit_appends_sum")]
    public void Names_are_those_that_a_scrape_gives(string scraped) => Assert.Contains(scraped, PrometheusNames());

    private static void AssertKnown(IEnumerable<string> queries, HashSet<string> known, string where)
    {
        foreach (var query in queries)
        {
            var names = Metric().Matches(query).Select(static match => match.Value).ToArray();
            Assert.All(names, name => Assert.True(known.Contains(name), $"{where}: {name} is no metric of the server: {query}"));
            Assert.True(names.Length > 0 || query.Contains("dotnet_process_", StringComparison.Ordinal), $"{where}: {query} asks for no metric");
        }
    }

    /// <summary>As OpenTelemetry's exporter makes them: dots to underscores, the unit, and what the kind of an instrument adds.</summary>
    private static HashSet<string> PrometheusNames()
    {
        using var factory = new TestMeters();
        var names = new HashSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Scope == factory)
                {
                    names.UnionWith(NamesOf(instrument));
                }
            },
        };
        _ = new GatewayMetrics(factory, TimeProvider.System);
        _ = new ShardMetrics(factory);
        _ = new SiloMetrics(factory, new LocalShards(), new TailCache(1024));
        _ = new CommitMetrics(factory, TimeProvider.System, "postgres");
        listener.Start();
        return names;
    }

    private static IEnumerable<string> NamesOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        var kind = instrument.GetType().Name;
        return kind.StartsWith("Histogram", StringComparison.Ordinal) ? [name + "_bucket", name + "_sum", name + "_count"]
            : kind.Contains("UpDown", StringComparison.Ordinal) || kind.Contains("Gauge", StringComparison.Ordinal) ? [name]
            : [name + "_total"];
    }

    [GeneratedRegex(@"\bbroker_[a-z_]+")]
    private static partial Regex Metric();
}
