using Broker.Load.Results;
using Broker.Load.Systems;
using Broker.Load.Workbench;

namespace Broker.Load.Scenarios;

/// <summary>A catch-up read by push: warm, beside a server that has the same messages in memory and does nothing else; cold, beside a plain read of the files.</summary>
internal sealed class CatchUpScenario : Scenario
{
    private const int QuickRecords = 262_144;
    private const int Records = 2_097_152;

    public override string Name => "catchup";

    public override string Title => "catch-up read of 2 GiB (quick: 256 MiB) over gRPC by SubscribeToShard, 4 shards: warm, beside a gRPC server on loopback that sends the same messages from memory; cold, beside a read of the files by dd";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        var program = await testbed.ProgramAsync("Echo");
        await using var broker = await testbed.StartBrokerAsync();
        await broker.MakeStreamAsync("history", 4);
        var filling = testbed.Options.Quick ? QuickRecords : Records;
        var records = (await broker.BenchAsync("put", "--stream", "history", "--records", $"{filling}", "--seconds", "600")).Records;
        var port = Workspace.FreePort();
        await using var echo = testbed.Workspace.Start("echo", program, [$"{port}", broker.Endpoint, "history"]);
        await echo.AwaitAsync(port, null, testbed.Cancellation);
        var figures = await testbed.AlternateAsync(
            "MB/s",
            new Contender("broker", BrokerServer.Embedded, _ => TurnAsync(broker.Endpoint)),
            new Contender("gRPC echo", "none: the same messages from memory", _ => TurnAsync($"http://127.0.0.1:{port}")),
            new Contender("broker, cold", BrokerServer.Embedded, async _ =>
            {
                await broker.EvictAsync();
                return await TurnAsync(broker.Endpoint);
            }),
            new Contender("dd of its files, cold", "none: they are only read", async _ =>
            {
                await broker.EvictAsync();
                return new Turn(await broker.ReadFilesAsync());
            }));
        return new ScenarioResult(
            Name,
            Title,
            figures,
            [
                Check.Ratio("broker ÷ echo", figures[0], figures[1], Bound.AtLeast, 0.7, 0.9),
                Check.Ratio("cold ÷ warm", figures[2], figures[0], Bound.AtLeast, null, null),
            ],
            ["cold: the system's cache of the files is dropped before each turn; what the broker itself keeps in memory stays"],
            []);

        async Task<Turn> TurnAsync(string endpoint)
        {
            var read = await broker.BenchPeerAsync(endpoint, "get", "--stream", "history", "--push");
            return read.Records == records
                ? new Turn(read.MegabytesPerSecond, new Dictionary<string, double> { ["records/s"] = read.RecordsPerSecond })
                : throw new LoadException($"{read.Records} of {records} records were read from {endpoint}.");
        }
    }
}
