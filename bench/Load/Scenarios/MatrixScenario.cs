using System.Globalization;
using Broker.Load.Plots;
using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>Durable puts over sizes, batches, shards, protocols and stores, a short turn each, round by round.</summary>
internal sealed class MatrixScenario : Scenario
{
    private const int UsualBytes = 1024;
    private const int UsualShards = 4;
    private const double LongestTurnSeconds = 2;
    private static readonly int[] Sizes = [100, UsualBytes, 10 * 1024];
    private static readonly int[] Batches = [1, 10, 100, 500];
    private static readonly int[] ShardCounts = [1, UsualShards, 64];
    private static readonly string[] Protocols = ["Produce", "PutRecords", "AWS JSON", "AWS CBOR"];

    public override string Name => "matrix";

    public override string Title => "durable puts: record sizes × batches × shards × protocols × stores (quick: 1 KiB and 4 shards)";

    public override bool RunsByDefault => false;

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        await using var broker = await testbed.StartBrokerAsync();
        await using var postgres = await PostgresServer.StartAsync(testbed.Workspace, testbed.Cancellation);
        await using var clustered = await testbed.StartBrokerAsync(postgres);
        var stores = new[] { (Server: broker, Name: "embedded", Durability: BrokerServer.Embedded), (Server: clustered, Name: "PostgreSQL", Durability: BrokerServer.Postgres) };
        var figures = new List<Figure>();
        var lines = new Dictionary<string, List<(double X, double Y)>>();
        var notes = new List<string>();
        foreach (var shards in testbed.Options.Quick ? [UsualShards] : ShardCounts)
        {
            foreach (var store in stores)
            {
                await store.Server.MakeStreamAsync($"matrix-{shards}", shards);
            }

            foreach (var bytes in testbed.Options.Quick ? [UsualBytes] : Sizes)
            {
                foreach (var (protocol, batch) in Protocols.SelectMany(static _ => Batches, static (protocol, batch) => (protocol, batch)))
                {
                    try
                    {
                        var cells = await testbed.AlternateAsync("records/s", [.. stores.Select(store => new Contender(
                            $"{store.Name}, {protocol}, {batch} × {bytes} B, {shards} shards", store.Durability, seconds => TurnAsync(store.Server, protocol, batch, bytes, shards, seconds)))]);
                        figures.AddRange(cells);
                        for (var i = 0; bytes == UsualBytes && shards == UsualShards && i < stores.Length; i++)
                        {
                            var name = $"{stores[i].Name}, {protocol}";
                            (lines.TryGetValue(name, out var line) ? line : lines[name] = []).Add((batch, cells[i].Value));
                        }
                    }
                    catch (LoadException e)
                    {
                        notes.Add($"{protocol}, {batch} × {bytes} B, {shards} shards is left out: {e.Message}");
                    }
                }
            }
        }

        return new ScenarioResult(Name, Title, figures, [], notes, [new Plot(
            "batches.svg",
            "Durable puts of 1 KiB over the batch size, 4 shards",
            new Axis("records of a batch", IsLogarithmic: true, [.. Batches.Select(static batch => (double)batch)]),
            new Axis("records/s", IsLogarithmic: true),
            [.. lines.Select(static line => new Line(line.Key, line.Value))])]);
    }

    private static async Task<Turn> TurnAsync(BrokerServer server, string protocol, int batch, int bytes, int shards, string seconds)
    {
        var turn = Math.Min(LongestTurnSeconds, double.Parse(seconds, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture);
        string[] common = ["--record-bytes", $"{bytes}", "--seconds", turn, "--warmup", "0.3"];

        // A request of AWS's for one record is another operation, which has no batch.
        string[] operation = batch == 1 ? ["--operation", "putrecord"] : ["--operation", "putrecords", "--batch", $"{batch}"];
        string[] load = protocol switch
        {
            "Produce" => ["put", "--stream", $"matrix-{shards}", "--batch", $"{batch}"],
            "PutRecords" => ["put", "--mode", "putrecords", "--clients", "16", "--stream", $"matrix-{shards}", "--batch", $"{batch}"],
            _ => ["aws", "--protocol", protocol == "AWS JSON" ? "json" : "cbor", .. operation, "--clients", "16", "--shards", $"{shards}"],
        };
        return (await server.BenchAsync([.. load, .. common])).ToTurn(batch);
    }
}
