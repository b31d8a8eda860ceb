using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Broker.Gateway.Metrics;
using Broker.Silo.Shards;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Storage;
using Xunit;

namespace Broker.Tests.Unit;

public sealed partial class MetricsDocumentTests
{
    [Fact]
    public void Every_instrument_of_the_server_is_documented_and_nothing_else_is()
    {
        using var factory = new TestMeters();
        var names = new HashSet<string>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Scope == factory)
                {
                    names.Add(instrument.Name);
                }
            },
        };
        _ = new GatewayMetrics(factory, TimeProvider.System);
        _ = new ShardMetrics(factory);
        _ = new SiloMetrics(factory, new LocalShards(), new TailCache(1024));
        _ = new CommitMetrics(factory, TimeProvider.System, "embedded");
        listener.Start();
        var documented = File.ReadLines(Path.Combine(ArchitectureTests.Root, "docs", "metrics.md"))
            .Select(line => Row().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value);
        Assert.Equal(names.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^\| `(broker\.[a-z.]+)` \|")]
    private static partial Regex Row();
}
