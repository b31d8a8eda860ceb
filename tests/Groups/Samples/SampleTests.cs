using System.Text;
using Broker.Tests.Harness;
using Xunit;

namespace Broker.Tests.Groups.Samples;

/// <summary>The samples count what is put, share shards, checkpoint, and say goodbye when they are told to stop.</summary>
public sealed class SampleTests
{
    [Fact]
    public Task CSharp() => CountsAsync(broker => [Programs.CountRecords, broker.Endpoint, "counting", GroupBroker.Stream]);

    [PythonFact]
    public Task Python() => CountsAsync(broker =>
        ["/usr/bin/python3", Path.Combine(Programs.Root, "samples/python/count_records.py"), new Uri(broker.Endpoint).Authority, "counting", GroupBroker.Stream]);

    [NodeFact("samples/node", "@grpc/grpc-js")]
    public Task Node() => CountsAsync(broker =>
        ["node", Path.Combine(Programs.Root, "samples/node/count-records.js"), new Uri(broker.Endpoint).Authority, "counting", GroupBroker.Stream]);

    private static async Task CountsAsync(Func<GroupBroker, string[]> command)
    {
        const int Puts = 200;
        await using var broker = await GroupBroker.StartAsync(shards: 4);
        using var first = new ServerProcess();
        using var second = new ServerProcess();
        first.Start(command(broker), Path.GetTempPath(), new Dictionary<string, string>());
        await using var producer = broker.NewProducer();
        await PutAsync();
        await HoldsAsync(() => first.Output.Contains($"{Puts} in all", StringComparison.Ordinal), "the first counts all");

        // The second is given half of the shards.
        second.Start(command(broker), Path.GetTempPath(), new Dictionary<string, string>());
        await HoldsAsync(() => second.Output.Split("is mine").Length > 2, "the second has two shards");
        await broker.SplitAsync("shardId-000000000000");
        await PutAsync();
        await Eventually.HoldsAsync(
            async () => (await broker.DescribeAsync("counting")).Leases is { Count: 5 } leases && leases.All(lease => lease is { RecordsBehind: 0 }),
            () => $"all is checkpointed\n{Told()}");
        Assert.Equal(0, await first.TerminateAsync(Eventually.Patience));
        await HoldsAsync(() => first.Output.Contains("counted ", StringComparison.Ordinal), "the first says goodbye");
        Assert.Equal(0, await second.TerminateAsync(Eventually.Patience));
        await HoldsAsync(() => second.Output.Contains("counted ", StringComparison.Ordinal), "the second says goodbye");

        // Nothing was killed, so nothing came twice; and nobody is left for whom the fail-over time would have to pass.
        Assert.Equal(2 * Puts, Counted(first) + Counted(second));
        Assert.True(Counted(second) > 0, "the second counted nothing");
        Assert.Empty((await broker.DescribeAsync("counting")).Workers);

        Task PutAsync() => Task.WhenAll(Enumerable.Range(0, Puts).Select(key => producer.PutAsync($"key-{key}", Encoding.UTF8.GetBytes("x"))));

        Task HoldsAsync(Func<bool> condition, string what) => Eventually.HoldsAsync(condition, () => $"{what}\n{Told()}");

        string Told() => $"{first.Output}\n---\n{second.Output}\n---\n{broker.Output}";
    }

    private static int Counted(ServerProcess worker) => int.Parse(worker.Output.Split("counted ")[1].Split('\n')[0], null);
}
