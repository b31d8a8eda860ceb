using System.Diagnostics;
using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>From the start of the published broker to its first healthy answer.</summary>
internal sealed class ReadyScenario : Scenario
{
    private const int QuickStarts = 3;
    private const int Starts = 7;

    public override string Name => "ready";

    public override string Title => "ready after broker serve, published build, no data";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        await testbed.BinaryAsync();
        var turns = new List<Turn>();
        for (var start = testbed.Options.Quick ? QuickStarts : Starts; start > 0; start--)
        {
            var clock = Stopwatch.StartNew();
            await using var broker = await testbed.StartBrokerAsync();
            turns.Add(new Turn(clock.Elapsed.TotalSeconds, new Dictionary<string, double> { ["MiB"] = broker.Process.ResidentBytes / 1024.0 / 1024 }));
        }

        var figure = Figure.Of("broker serve", BrokerServer.Embedded, "s", turns);
        return new ScenarioResult(Name, Title, [figure], [new Check("ready", figure.Value, "s", Bound.AtMost, 1, 0.5)], [], []);
    }
}
