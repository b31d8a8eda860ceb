using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Tests.Cluster.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Broker.Tests.Cluster.Streams;

/// <summary>Each operation is cut off before or after each of its writes; the next silo on the same data finishes it or leaves no trace of it.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData("create", 3)]
    [InlineData("split", 5)]
    [InlineData("merge", 5)]
    [InlineData("scale", 6)]
    [InlineData("delete", 4)]
    public async Task AnOperationThatIsCutOffAnywhereIsFinishedOrUndone(string operation, int writes)
    {
        var struck = 0;
        for (var n = 0; n <= writes; n++)
        {
            foreach (var landsFirst in new[] { false, true })
            {
                struck += await CutOffAsync(operation, n, landsFirst) ? 1 : 0;
            }
        }

        // Every write of the operation was struck, and there are no more: else this test would have lost its aim.
        Assert.Equal(writes * 2, struck);
    }

    private static async Task<bool> CutOffAsync(string operation, int writes, bool landsFirst)
    {
        using var directory = new DataDirectory();
        var shards = new ObservedLog();
        bool struck;
        await using (var silo = await SiloFixture.StartAsync(directory.Path, shards))
        {
            if (operation != "create")
            {
                await silo.CreateAsync("s", 2);
            }

            silo.Rows.LandsFirst = landsFirst;
            silo.Rows.FailAfter(writes);
            try
            {
                await BeginAsync(silo, operation);
            }
            catch (Exception)
            {
                // The intent could not be made durable, or it is unknown: both are for the next silo to find out.
            }

            struck = await StruckAsync(silo, operation);
        }

        await using (var silo = await SiloFixture.StartAsync(directory.Path, shards))
        {
            await CheckAsync(silo, operation);
        }

        return struck;
    }

    private static async Task<bool> StruckAsync(SiloFixture silo, string operation)
    {
        var done = SiloFixture.EventuallyAsync(async () => silo.Rows.Tripped.IsCompleted || await IsDoneAsync(silo, operation));
        await done;
        return silo.Rows.Tripped.IsCompleted;
    }

    private static async Task<bool> IsDoneAsync(SiloFixture silo, string operation)
    {
        var generation = await silo.Catalogue.ResolveAsync("s");
        return operation == "delete"
            ? generation is null
            : generation is { } found && (await silo.Grains.GetGrain<IStreamGrain>(found.Value).DescribeAsync()).Status == StreamStatus.Active;
    }

    private static async Task BeginAsync(SiloFixture silo, string operation)
    {
        if (operation == "create")
        {
            await silo.Catalogue.CreateAsync(SiloFixture.Command("s", 2));
            return;
        }

        var stream = silo.Grains.GetGrain<IStreamGrain>((await silo.Catalogue.ResolveAsync("s"))!.Value.Value);
        await (operation switch
        {
            "split" => stream.SplitShardAsync(new ShardId(0), new HashKey(1000)),
            "merge" => stream.MergeShardsAsync(new ShardId(0), new ShardId(1)),
            "scale" => stream.UpdateShardCountAsync(3),
            _ => stream.DeleteAsync(false),
        });
    }

    private static async Task CheckAsync(SiloFixture silo, string operation)
    {
        if (operation is "delete" or "create" && await GoneAsync(silo))
        {
            await silo.CreateAsync("s", 2);
            return;
        }

        var generation = (await silo.Catalogue.ResolveAsync("s"))!.Value;
        var map = await SiloFixture.ActiveAsync(silo.Grains.GetGrain<IStreamGrain>(generation.Value));
        var open = map.Shards.Where(shard => shard.IsOpen).OrderBy(shard => shard.Range.Start).ToList();
        Assert.Equal(HashKey.Min, open[0].Range.Start);
        Assert.Equal(HashKey.Max, open[^1].Range.End);
        Assert.All(open.Zip(open.Skip(1)), pair => Assert.True(pair.First.Range.IsAdjacentTo(pair.Second.Range)));
        Assert.Contains(open.Count, operation switch
        {
            "split" or "scale" => new[] { 2, 3 },
            "merge" => [1, 2],
            _ => [2],
        });
        foreach (var shard in map.Shards.Where(shard => shard.IsOpen))
        {
            var head = await silo.Services.GetRequiredService<IShardLog>().PeekAsync(new ShardKey(generation, shard.Id), CancellationToken.None);
            Assert.False(head.IsSealed);
        }

        Assert.Equal(map.Stream.OpenShardCount, (await silo.Catalogue.DescribeLimitsAsync()).OpenShardCount);
    }

    /// <summary>A deletion goes on at start-up by itself: either it does, or the stream is ACTIVE, as if it had never been asked for.</summary>
    private static async Task<bool> GoneAsync(SiloFixture silo)
    {
        var gone = false;
        await SiloFixture.EventuallyAsync(async () =>
        {
            var page = await silo.Catalogue.ListAsync(null, 1);
            gone = page.Streams.IsEmpty && await silo.Catalogue.ResolveAsync("s") is null;
            return gone || (!page.Streams.IsEmpty && page.Streams[0].Status == StreamStatus.Active);
        });
        return gone;
    }
}
