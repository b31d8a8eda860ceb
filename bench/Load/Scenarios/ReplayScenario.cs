using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>What writers lose while consumers replay the history of the same shards.</summary>
internal sealed class ReplayScenario : Scenario
{
    private const int Consumers = 20;
    private const int QuickRecords = 524_288;
    private const int Records = 2_097_152;

    public override string Name => "replay";

    public override string Title => "writers at half of their maximum and at full speed, 4 shards, alone and while 20 consumers replay the history as fast as they can";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        await using var broker = await testbed.StartBrokerAsync();
        await broker.MakeStreamAsync("history", 4);
        await broker.MakeStreamAsync("bench", 4);
        await broker.BenchAsync("put", "--stream", "history", "--records", $"{(testbed.Options.Quick ? QuickRecords : Records)}", "--seconds", "600");
        var most = (await broker.BenchAsync("put", "--stream", "bench", "--batch", "500", "--seconds", testbed.Seconds)).RecordsPerSecond;
        var rate = (most / 2).ToString("F0", System.Globalization.CultureInfo.InvariantCulture);
        var figures = await testbed.AlternateAsync(
            "records/s",
            new Contender("half load, writers alone", BrokerServer.Embedded, seconds => PutAsync(seconds, "--rate", rate)),
            new Contender("half load, beside 20 consumers", BrokerServer.Embedded, seconds => BesideConsumersAsync(seconds, "--rate", rate)),
            new Contender("full speed, writers alone", BrokerServer.Embedded, seconds => PutAsync(seconds)),
            new Contender("full speed, beside 20 consumers", BrokerServer.Embedded, seconds => BesideConsumersAsync(seconds)));
        return new ScenarioResult(
            Name,
            Title,
            figures,
            [
                new Check("writers' loss of rate at half load", Loss(figures[0], figures[1]), "%", Bound.AtMost, 15, 5),
                new Check("writers' loss of rate at full speed", Loss(figures[2], figures[3]), "%", Bound.AtMost, null, null),
            ],
            ["writers and consumers share the processors with the broker"],
            []);

        static double Loss(Figure alone, Figure beside) => (1 - (beside.Value / alone.Value)) * 100;

        async Task<Turn> BesideConsumersAsync(string seconds, params string[] load)
        {
            await using var readers = broker.StartBench("readers", "get", "--stream", "history", "--push", "--clients", $"{Consumers}");
            var turn = await PutAsync(seconds, load);
            return readers.HasExited ? throw new LoadException("the consumers were done with the history before the writers' turn was.") : turn;
        }

        async Task<Turn> PutAsync(string seconds, params string[] load) => (await broker.BenchAsync(
            ["put", "--stream", "history", "--batch", "500", "--seconds", seconds, "--warmup", testbed.WarmUp, .. load])).ToTurn(500);
    }
}
