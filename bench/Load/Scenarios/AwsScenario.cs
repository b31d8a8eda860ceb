using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>An operation of the AWS protocols, on this broker and on kinesalite, by the same prepared requests.</summary>
/// <param name="name">The scenario's.</param>
/// <param name="title">What it measures.</param>
/// <param name="must">Times kinesalite's rate.</param>
/// <param name="aim">As <paramref name="must"/>.</param>
/// <param name="batch">Records of a request; 1 for none.</param>
/// <param name="load">Arguments of <c>broker bench aws</c>.</param>
internal sealed class AwsScenario(string name, string title, double must, double aim, int batch, params string[] load) : Scenario
{
    public override string Name => name;

    public override string Title => title;

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        await using var broker = await testbed.StartBrokerAsync();
        await using var kinesalite = await testbed.StartKinesaliteAsync();
        var figures = await testbed.AlternateAsync(
            "records/s",
            new Contender("broker, JSON", BrokerServer.Embedded, seconds => TurnAsync(seconds, "json", broker.Endpoint)),
            new Contender("kinesalite, JSON", "none: in memory", seconds => TurnAsync(seconds, "json", $"http://127.0.0.1:{kinesalite.Port}")),
            new Contender("broker, CBOR", BrokerServer.Embedded, seconds => TurnAsync(seconds, "cbor", broker.Endpoint)));
        return new ScenarioResult(
            Name,
            Title,
            figures,
            [
                Check.Ratio("broker ÷ kinesalite, JSON", figures[0], figures[1], Bound.AtLeast, must, aim),
                Check.Ratio("CBOR ÷ JSON, broker", figures[2], figures[0], Bound.AtLeast, null, null),
            ],
            [],
            []);

        async Task<Turn> TurnAsync(string seconds, string protocol, string endpoint) => (await broker.BenchPeerAsync(
            endpoint, ["aws", "--protocol", protocol, "--seconds", seconds, "--warmup", testbed.WarmUp, .. load])).ToTurn(batch);
    }
}
