using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>Resident memory that shards take which nobody uses.</summary>
internal sealed class IdleShardsScenario : Scenario
{
    private const int QuickShards = 2_000;
    private const int Shards = 10_000;

    /// <summary>Streams of as many shards, which nobody uses, beside the first.</summary>
    private const int More = 4;

    /// <summary>Random keys leave one shard in 160,000 out.</summary>
    private const int PutsOfShard = 12;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan QuickSettle = TimeSpan.FromSeconds(3);

    public override string Name => "idle-shards";

    public override string Title => "resident memory a shard: of a stream of 10,000 (quick: 2,000) and of five such, cold, and of the first when each of its shards was written to";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        var shards = testbed.Options.Quick ? QuickShards : Shards;
        await using var broker = await testbed.StartBrokerAsync();
        await broker.MakeStreamAsync("warm", 8);
        await PutAsync("warm");
        var warm = await ResidentAsync("before");
        await broker.MakeStreamAsync("idle", shards);
        var cold = await ResidentAsync("cold");
        for (var i = 0; i < More; i++)
        {
            await broker.MakeStreamAsync($"idle-{i}", shards);
        }

        var more = await ResidentAsync($"cold, {shards * (1 + More):N0} shards");
        await PutAsync("idle");
        var active = await ResidentAsync("activated");
        return new ScenarioResult(
            Name,
            Title,
            [warm, cold, more, active],
            [
                new Check("a cold shard", Kib(cold, warm, shards), "KiB", Bound.AtMost, 0.5, 0),
                new Check($"a cold shard of {shards * (1 + More):N0}", Kib(more, warm, shards * (1 + More)), "KiB", Bound.AtMost, 0.5, 0),
                new Check("an activated shard", Kib(active, more, shards), "KiB", Bound.AtMost, 16, 4),
            ],
            ["the bound for a cold shard is 0; half a KiB a shard is what resident memory moves by itself, garbage not yet collected among it"],
            []);

        static double Kib(Figure after, Figure before, int shards) => (after.Value - before.Value) * 1024 / shards;

        async Task PutAsync(string stream) =>
            await broker.BenchAsync("put", "--mode", "putrecord", "--stream", stream, "--clients", "64", "--record-bytes", "16", "--records", $"{shards * PutsOfShard}", "--seconds", "120");

        async Task<Figure> ResidentAsync(string when)
        {
            await Task.Delay(testbed.Options.Quick ? QuickSettle : Settle, testbed.Cancellation);
            return Figure.Of(when, BrokerServer.Embedded, "MiB", [new Turn(broker.Process.ResidentBytes / 1024.0 / 1024)]);
        }
    }
}
