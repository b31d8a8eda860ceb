using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>What the broker's processor time for a delivered MB is with 20 subscribers and with one.</summary>
internal sealed class FanOutScenario : Scenario
{
    private const int Few = 5;
    private const int Many = 20;
    private const int RecordsPerSecond = 4_000;

    public override string Name => "fanout-cpu";

    public override string Title => "broker's processor time with 0, 1, 5 and 20 subscribers of one shard, 4,000 records of 1 KiB a second";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        await using var broker = await testbed.StartBrokerAsync();
        await broker.MakeStreamAsync("bench", 1);
        var figures = await testbed.AlternateAsync("ms of processor a second", Subscribed(0), Subscribed(1), Subscribed(Few), Subscribed(Many));
        var (none, one, few, many) = (figures[0].Value, figures[1].Value, figures[2].Value, figures[3].Value);
        return new ScenarioResult(
            Name,
            Title,
            figures,
            [
                new Check("a delivered MB to 20 ÷ to 1", many / Many / one, "times", Bound.AtMost, 1.3, 1),
                new Check("a delivered MB to 5 ÷ to 1", few / Few / one, "times", Bound.AtMost, null, null),
                new Check("to 20 without the puts' own", one > none ? (many - none) / Many / (one - none) : double.NaN, "times", Bound.AtMost, null, null),
            ],
            ["the puts' own processor time, that of 0 subscribers, is shared among 20; subtracted, what one subscriber costs is often below the noise (then: -)"],
            []);

        Contender Subscribed(int subscribers) => new($"{subscribers} subscribers", BrokerServer.Embedded, async seconds =>
        {
            var before = broker.Process.ProcessorSeconds;
            var load = await broker.BenchAsync(
                "fanout", "--stream", "bench", "--subscribers", $"{subscribers}", "--rate", $"{RecordsPerSecond}", "--seconds", seconds, "--warmup", testbed.WarmUp);
            var used = broker.Process.ProcessorSeconds - before;
            return new Turn(used * 1000 / load.Seconds, new Dictionary<string, double> { ["MB/s"] = load.MegabytesPerSecond, ["p99 ms"] = load.LatencyMillis.P99 });
        });
    }
}
