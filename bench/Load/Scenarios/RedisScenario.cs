using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>Puts of 1 KiB beside Redis Streams that sync before they answer.</summary>
internal sealed class RedisScenario : Scenario
{
    private const int Batch = 500;

    public override string Name => "produce-redis";

    public override string Title => "gRPC Produce in batches of 500 × 1 KiB, 2 producers, 4 shards, beside Redis Streams' XADD, pipelined 256, on 4 connections";

    public override async Task<ScenarioResult> RunAsync(Testbed testbed)
    {
        var program = await testbed.ProgramAsync("Redis");
        await using var broker = await testbed.StartBrokerAsync();
        await using var redis = await testbed.StartRedisAsync();
        await broker.MakeStreamAsync("bench", 4);
        var figures = await testbed.AlternateAsync(
            "records/s",
            new Contender("broker, Produce", BrokerServer.Embedded, async seconds => (await broker.BenchAsync(
                "put", "--stream", "bench", "--payload", "random", "--batch", $"{Batch}", "--seconds", seconds, "--warmup", testbed.WarmUp)).ToTurn(Batch)),
            new Contender("Redis Streams", "durable: appendfsync always, one sync a turn of its loop", async seconds => LoadFigures.Parse(
                await testbed.Workspace.RunAsync(program, [$"{redis.Port}", "256", seconds], testbed.Cancellation)).ToTurn(256)));
        return new ScenarioResult(Name, Title, figures, [Check.Ratio("broker ÷ Redis", figures[0], figures[1], Bound.AtLeast, 2, 2.5)], [], []);
    }
}
