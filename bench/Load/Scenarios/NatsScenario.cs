using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>Puts of 1 KiB random bytes beside JetStream's asynchronous publish by its own .NET client.</summary>
/// <param name="name">The scenario's.</param>
/// <param name="title">What it measures.</param>
/// <param name="must">Times the rate of JetStream as it is by default.</param>
/// <param name="aim">As <paramref name="must"/>.</param>
/// <param name="window">Messages that JetStream's client has unanswered.</param>
/// <param name="modes">How the broker is loaded; the first is judged.</param>
internal sealed class NatsScenario(string name, string title, double must, double aim, int window, params NatsScenario.Mode[] modes) : Scenario
{
    private const int Shards = 4;

    public override string Name => name;

    public override string Title => title;

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        var program = await testbed.ProgramAsync("Nats");
        await using var broker = await testbed.StartBrokerAsync();
        await using var nats = await testbed.StartNatsAsync(isSynced: false);
        await broker.MakeStreamAsync("bench", Shards);
        var contenders = new List<Contender>(modes.Select(mode => new Contender($"broker, {mode.Text}", BrokerServer.Embedded, async seconds => (await broker.BenchAsync(
            ["put", "--stream", "bench", "--payload", "random", "--seconds", seconds, "--warmup", testbed.WarmUp, .. mode.Arguments])).ToTurn(mode.Batch))))
        {
            Publish("JetStream, default", "not synced: the file system's cache, synced every 2 minutes", nats.Port),
        };
        var notes = new List<string>();
        PeerServer? synced = null;
        try
        {
            synced = await testbed.StartNatsAsync(isSynced: true);
            contenders.Add(Publish("JetStream, sync_interval always", "durable: synced before each acknowledgement", synced.Port));
        }
        catch (LoadException e)
        {
            notes.Add($"JetStream with sync_interval always is left out: {e.Message}");
        }

        await using (synced)
        {
            var figures = await testbed.AlternateAsync("records/s", contenders);
            var checks = new List<Check> { Check.Ratio("broker ÷ JetStream, default", figures[0], figures[modes.Length], Bound.AtLeast, must, aim) };
            for (var i = 1; i < modes.Length; i++)
            {
                checks.Add(Check.Ratio($"{figures[i].System} ÷ JetStream, default", figures[i], figures[modes.Length], Bound.AtLeast, null, null));
            }

            if (synced is not null)
            {
                checks.Add(Check.Ratio("broker ÷ JetStream, sync_interval always", figures[0], figures[modes.Length + 1], Bound.AtLeast, null, null));
            }

            return new ScenarioResult(Name, Title, figures, checks, notes, []);
        }

        Contender Publish(string system, string durability, int port) => new(system, durability, async seconds => LoadFigures.Parse(
            await testbed.Workspace.RunAsync(program, [$"nats://127.0.0.1:{port}", "asynchronous", $"{window}", seconds], testbed.Cancellation)).ToTurn(1));
    }

    /// <summary>How the broker is loaded.</summary>
    /// <param name="Text">For the table.</param>
    /// <param name="Batch">Records of a message.</param>
    /// <param name="Arguments">Of <c>broker bench put</c>.</param>
    internal sealed record Mode(string Text, int Batch, params string[] Arguments);
}
