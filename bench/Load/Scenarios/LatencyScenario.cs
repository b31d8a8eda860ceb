using Broker.Load.Plots;
using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>Latencies on a fixed schedule (open loop: late from when a record was due) at shares of the maximum that is measured just before.</summary>
internal sealed class LatencyScenario : Scenario
{
    private const int Shards = 4;
    private const string PutBatch = "100";
    private static readonly double[] Shares = [0.1, 0.5, 0.8];
    private static readonly (string Name, double Slower)[] Percentiles = [("p50 ms", 0.5), ("p90 ms", 0.1), ("p99 ms", 0.01), ("p99.9 ms", 0.001)];

    public override string Name => "latency";

    public override string Title => "put-to-subscriber latency of 1 KiB records at 10, 50 and 80 % of the maximum, one subscriber of 4 shards; acknowledgement of batches of 100 at 50 %";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        await using var broker = await testbed.StartBrokerAsync();
        await using var postgres = await PostgresServer.StartAsync(testbed.Workspace, testbed.Cancellation);
        await using var clustered = await testbed.StartBrokerAsync(postgres);
        var maxima = new List<Check>();
        var contenders = new List<Contender>();
        foreach (var (server, name, durability) in new[] { (broker, "embedded", BrokerServer.Embedded), (clustered, "PostgreSQL", BrokerServer.Postgres) })
        {
            await server.MakeStreamAsync("bench", Shards);
            var most = await MaximumAsync(seconds => server.BenchAsync("fanout", "--stream", "bench", "--rate", "0", "--seconds", seconds));
            maxima.Add(new Check($"maximum delivered, {name}", most, "records/s", Bound.AtLeast, null, null));
            contenders.AddRange(Shares.Select(share => new Contender($"{name}, delivered, {share:P0}", durability, seconds => TurnAsync(
                server, "fanout", "--stream", "bench", "--rate", Rate(most * share), "--seconds", seconds, "--warmup", testbed.WarmUp))));
        }

        var mostPut = await MaximumAsync(seconds => broker.BenchAsync("put", "--stream", "bench", "--batch", PutBatch, "--seconds", seconds));
        maxima.Add(new Check("maximum acknowledged, embedded", mostPut, "records/s", Bound.AtLeast, null, null));
        contenders.Add(new Contender("embedded, acknowledged, 50 %", BrokerServer.Embedded, seconds => TurnAsync(
            broker, "put", "--stream", "bench", "--batch", PutBatch, "--rate", Rate(mostPut / 2), "--seconds", seconds, "--warmup", testbed.WarmUp)));
        var figures = await testbed.AlternateAsync("ms (p99)", contenders);
        return new ScenarioResult(
            Name,
            Title,
            figures,
            [
                new Check("put to subscriber, p99 at half load, embedded", figures[1].Value, "ms", Bound.AtMost, 5, 2),
                new Check("put to subscriber, p99 at half load, PostgreSQL", figures[4].Value, "ms", Bound.AtMost, 10, 5),
                new Check("acknowledgement, p99 at half load, embedded", figures[6].Value, "ms", Bound.AtMost, 5, 2),
                .. maxima,
            ],
            ["generator and subscriber share the processors with the broker, at 80 % as at 10 %"],
            [Distribution(figures), Cost(figures)]);

        async Task<double> MaximumAsync(Func<string, Task<LoadFigures>> load)
        {
            await load("1");
            return (await load(testbed.Seconds)).RecordsPerSecond;
        }
    }

    private static string Rate(double recordsPerSecond) => recordsPerSecond.ToString("F0", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The p99; further percentiles, the rate and what the broker's processor time is for a GB.</summary>
    private static async Task<Turn> TurnAsync(BrokerServer server, params string[] arguments)
    {
        var before = server.Process.ProcessorSeconds;
        var load = await server.BenchAsync(arguments);
        var used = server.Process.ProcessorSeconds - before;
        var latency = load.LatencyMillis;
        return new Turn(latency.P99, new Dictionary<string, double>
        {
            ["p50 ms"] = latency.P50,
            ["p90 ms"] = latency.P90,
            ["p99 ms"] = latency.P99,
            ["p99.9 ms"] = latency.P999,
            ["records/s"] = load.RecordsPerSecond,
            ["broker s/GB"] = used / (load.Bytes / 1e9),
        });
    }

    private static Plot Distribution(IReadOnlyList<Figure> figures) => new(
        "latency.svg",
        "Latency distribution, 1 KiB records, open loop",
        new Axis("percentile", IsLogarithmic: true, [2, 10, 100, 1000], static value => value switch { 2 => "p50", 10 => "p90", 100 => "p99", _ => "p99.9" }),
        new Axis("milliseconds", IsLogarithmic: true),
        [.. figures.Select(static figure => new Line(
            figure.System, [.. Percentiles.Select(percentile => (1 / percentile.Slower, Math.Max(figure.Details[percentile.Name], 0.001)))]))]);

    private static Plot Cost(IReadOnlyList<Figure> figures) => new(
        "cost.svg",
        "Broker's processor time as load grows, one subscriber",
        new Axis("records/s"),
        new Axis("processor seconds for a GB"),
        [
            new Line("embedded", Costs(figures.Take(Shares.Length))),
            new Line("PostgreSQL, without the database's own", Costs(figures.Skip(Shares.Length).Take(Shares.Length))),
        ]);

    private static (double X, double Y)[] Costs(IEnumerable<Figure> figures) =>
        [.. figures.Select(static figure => (figure.Details["records/s"], figure.Details["broker s/GB"])).OrderBy(static point => point.Item1)];
}
