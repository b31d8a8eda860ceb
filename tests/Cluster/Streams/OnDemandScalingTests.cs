using System.Collections.Immutable;
using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Retention;
using Broker.Tests.Cluster.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Broker.Tests.Cluster.Streams;

/// <summary>ON_DEMAND streams under a driven load, on a real silo with low thresholds.</summary>
public sealed class OnDemandScalingTests : IAsyncLifetime
{
    private const int RecordBytes = 1024;

    private readonly DataDirectory directory = new();
    private readonly ObservedLog shards = new();
    private readonly Guid producer = Guid.NewGuid();
    private readonly List<(ShardId Shard, long Position, long Number)> acknowledged = [];
    private SiloFixture silo = null!;
    private ulong lastBatch;

    public async Task InitializeAsync() => silo = await StartAsync();

    public async Task DisposeAsync()
    {
        await silo.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task AHotShardIsSplitWithinSecondsNearTheMedianOfItsLoadAndNothingIsLost()
    {
        var stream = await silo.CreateAsync("s", 4, StreamMode.OnDemand);

        // Only the lower quarter of shard 1 is written to: its half is far from the middle of its range.
        var range = HashKeyRange.Uniform(4)[1];
        var quarter = new HashKeyRange(range.Start, new HashKey(range.Start.Value + ((range.End.Value - range.Start.Value) / 4)));
        var states = new List<StreamStatus>();
        var map = await DriveAsync(stream, random => Inside(quarter, random), async map =>
        {
            states.Add((await stream.DescribeAsync()).Status);
            return map.Shards.Length > 4;
        });
        Assert.True(map.Shards[1].ClosedPosition > 0);
        Assert.Equal(new ShardId(1), Assert.Single(map.Shards[4].Parents));
        var at = (double)(map.Shards[5].Range.Start.Value - quarter.Start.Value) / (double)(quarter.End.Value - quarter.Start.Value);
        Assert.InRange(at, 0.3, 0.7);
        Assert.All(states, static state => Assert.Equal(StreamStatus.Active, state));
        await DriveAsync(stream, random => Inside(HashKeyRange.All, random), static _ => Task.FromResult(true));
        await AllIsThereAsync(stream);
    }

    [Fact]
    public async Task ASingleKeyIsNotSplitForHoweverHotItIs()
    {
        var stream = await silo.CreateAsync("s", 4, StreamMode.OnDemand);
        var hot = new HashKey(12_345);
        var until = Environment.TickCount64 + 4_000;
        var map = await DriveAsync(stream, _ => hot, _ => Task.FromResult(Environment.TickCount64 > until));
        Assert.Equal(4, map.Shards.Length);

        // The same load over many keys is reason enough.
        map = await DriveAsync(stream, random => Inside(HashKeyRange.Uniform(4)[0], random), static map => Task.FromResult(map.Shards.Length > 4));
        Assert.False(map.Shards[0].IsOpen);
        await AllIsThereAsync(stream);
    }

    [Fact]
    public async Task ShardsDoubleInAMinuteAtMostAndStopAtTheCeiling()
    {
        var stream = await silo.CreateAsync("s", 4, StreamMode.OnDemand);
        await DriveAsync(stream, random => Inside(HashKeyRange.All, random), static map => Task.FromResult(Open(map) == 8));
        var until = Environment.TickCount64 + 2_500;
        var map = await DriveAsync(stream, random => Inside(HashKeyRange.All, random), _ => Task.FromResult(Environment.TickCount64 > until));
        Assert.Equal(8, Open(map));

        // A minute on, it goes on, up to the ceiling of ten.
        shards.Time.Offset += TimeSpan.FromSeconds(61);
        await DriveAsync(stream, random => Inside(HashKeyRange.All, random), static map => Task.FromResult(Open(map) == 10));
        shards.Time.Offset += TimeSpan.FromSeconds(61);
        until = Environment.TickCount64 + 2_500;
        map = await DriveAsync(stream, random => Inside(HashKeyRange.All, random), _ => Task.FromResult(Environment.TickCount64 > until));
        Assert.Equal(10, Open(map));
        await AllIsThereAsync(stream);
    }

    [Fact]
    public async Task ColdNeighboursAreMergedAfterALongQuietDownToFourAndReadersMissNothing()
    {
        var stream = await silo.CreateAsync("s", 6, StreamMode.OnDemand);
        var provisioned = await silo.CreateAsync("p", 6);
        await DriveAsync(stream, random => Inside(HashKeyRange.All, random), static _ => Task.FromResult(true));
        await SweepAsync();
        Assert.Equal(6, Open((await stream.GetMapAsync(-1))!));
        for (var open = 5; open >= 4; open--)
        {
            shards.Time.Offset += TimeSpan.FromHours(7);
            await SweepAsync();
            await SiloFixture.EventuallyAsync(async () => Open((await stream.GetMapAsync(-1))!) <= open);
        }

        shards.Time.Offset += TimeSpan.FromHours(7);
        await SweepAsync();
        await stream.UpdateShardCountAsync(4);
        var map = await SiloFixture.ActiveAsync(stream);
        Assert.Equal(4, Open(map));
        Assert.Equal(6, Open((await provisioned.GetMapAsync(-1))!));
        await DriveAsync(stream, random => Inside(HashKeyRange.All, random), static _ => Task.FromResult(true));
        await AllIsThereAsync(stream);
    }

    [Fact]
    public async Task CallsOfClientsWaitForTheBrokersOwnSplitAndItOutlivesTheSilo()
    {
        var stream = await silo.CreateAsync("s", 4, StreamMode.OnDemand);
        shards.FailingSeals = int.MaxValue;
        await DriveAsync(
            stream, random => Inside(HashKeyRange.Uniform(4)[0], random), _ => Task.FromResult(shards.FailingSeals < int.MaxValue), TimeSpan.FromSeconds(20));
        Assert.Equal(StreamStatus.Active, (await stream.DescribeAsync()).Status);
        Assert.Equal(StreamStatus.Active, (await silo.Catalogue.ListAsync(null, 1)).Streams[0].Status);

        // What changes at once does not wait; what reshards does, until the split is done.
        await stream.IncreaseRetentionAsync(48);
        await stream.EnableMetricsAsync(["ALL"]);
        var merge = stream.MergeShardsAsync(new ShardId(2), new ShardId(3));
        Assert.False(merge.IsCompleted);
        shards.FailingSeals = 0;
        await merge;
        var map = await SiloFixture.ActiveAsync(stream);
        Assert.False(map.Shards[0].IsOpen);
        Assert.Equal(4, Open(map));

        shards.FailingSeals = int.MaxValue;
        await DriveAsync(
            stream, random => Inside(HashKeyRange.Uniform(4)[1], random), _ => Task.FromResult(shards.FailingSeals < int.MaxValue), TimeSpan.FromSeconds(20));
        await silo.DisposeAsync();
        shards.FailingSeals = 0;
        silo = await StartAsync();
        stream = silo.Grains.GetGrain<IStreamGrain>((await silo.Catalogue.ResolveAsync("s"))!.Value.Value);
        await SweepAsync();
        await SiloFixture.EventuallyAsync(async () => !(await stream.GetMapAsync(-1))!.Shards[1].IsOpen);
        await DriveAsync(stream, random => Inside(HashKeyRange.All, random), static _ => Task.FromResult(true));
        await AllIsThereAsync(stream);
    }

    private Task<SiloFixture> StartAsync() => SiloFixture.StartAsync(
        directory.Path,
        shards,
        ("Broker:OnDemand:HotBytesPerSecond", "20000"),
        ("Broker:OnDemand:HotRecordsPerSecond", "20"),
        ("Broker:OnDemand:ColdBytesPerSecond", "1000"),
        ("Broker:OnDemand:ColdRecordsPerSecond", "1"),
        ("Broker:OnDemand:HotFor", "00:00:00.5"),
        ("Broker:OnDemand:MinShardAge", "0:00:00"),
        ("Broker:OnDemand:MaxShards", "10"),
        ("Broker:Retention:SweepInterval", "1:00:00"),
        ("Broker:Retention:JumpTolerance", "1.00:00:00"));

    private static int Open(StreamMap map) => map.Shards.Count(static shard => shard.IsOpen);

    private Task SweepAsync() => silo.Services.GetRequiredService<RetentionSweeper>().SweepAsync(CancellationToken.None);

    /// <summary>Puts batches as a gateway does, shard by shard, until a condition holds that is asked after each round.</summary>
    private async Task<StreamMap> DriveAsync(
        IStreamGrain stream, Func<Random, HashKey> place, Func<StreamMap, Task<bool>> isDone, TimeSpan? patience = null)
    {
        using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(120));
        var random = new Random(7);
        while (true)
        {
            var map = (await stream.GetMapAsync(-1))!;
            var keys = Enumerable.Range(0, 40).Select(_ => place(random)).ToList();
            foreach (var shard in map.Shards.Where(static shard => shard.IsOpen))
            {
                await PutAsync(map, shard, [.. keys.Where(shard.Range.Contains)]);
            }

            if (await isDone(map))
            {
                return (await stream.GetMapAsync(-1))!;
            }

            await Task.Delay(10, limit.Token);
        }
    }

    private async Task PutAsync(StreamMap map, ShardDescription shard, List<HashKey> keys)
    {
        if (keys.Count == 0)
        {
            return;
        }

        using var builder = new PayloadBuilder();
        var first = acknowledged.Count;
        for (var i = 0; i < keys.Count; i++)
        {
            builder.Add("k"u8, Encoding.ASCII.GetBytes($"{first + i}".PadRight(RecordBytes)), keys[i]);
        }

        var key = new ShardKey(map.Stream.Generation, shard.Id);
        var identity = new BlockIdentity(new BatchIdentity(producer, 0, ++lastBatch), 0, keys.Count);
        var request = new AppendRequest([builder.Build(key, [identity])], [], map.Stream.Version)
        {
            Load = [.. keys.Select(static key => new LoadSample(key, RecordBytes))],
        };
        var result = await silo.Grains.GetGrain<IShardGrain>(key.ToGrainKey()).AppendAsync(request);
        if (result.Code == BrokerErrorCode.None)
        {
            acknowledged.AddRange(keys.Select((_, i) => (shard.Id, result.FirstPosition + i, (long)first + i)));
            return;
        }

        // Closed or being reopened: nothing was taken, and the records are not put again.
        Assert.True(result.Code is BrokerErrorCode.ShardClosed or BrokerErrorCode.Unavailable, $"{result.Code}: {result.Message}");
        Assert.True(result.Verdicts.IsDefaultOrEmpty);
    }

    /// <summary>Reads every shard to its end: each record that was acknowledged is where its acknowledgement says, and no others are.</summary>
    private async Task AllIsThereAsync(IStreamGrain stream)
    {
        var map = (await stream.GetMapAsync(-1))!;
        var read = new List<(ShardId, long, long)>();
        foreach (var shard in map.Shards)
        {
            var grain = silo.Grains.GetGrain<IShardGrain>(new ShardKey(map.Stream.Generation, shard.Id).ToGrainKey());
            var position = 0L;
            while (true)
            {
                var result = await grain.ReadAsync(new ReadRequest(position, 1024 * 1024, TimeSpan.Zero, 0, Metered: false));
                Assert.Equal(BrokerErrorCode.None, result.Code);
                foreach (var block in result.Blocks)
                {
                    var at = block.Head.FirstPosition;
                    var records = new BlockRecordReader(block.Payload.Span);
                    while (records.TryRead(out var record))
                    {
                        Assert.True(shard.Range.Contains(record.HashKey));
                        read.Add((shard.Id, at++, long.Parse(Encoding.ASCII.GetString(record.Data))));
                    }

                    position = block.Head.EndPosition;
                }

                if (position >= result.TailPosition)
                {
                    break;
                }
            }
        }

        Assert.NotEmpty(acknowledged);
        Assert.Equal(acknowledged.OrderBy(record => record.Shard).ThenBy(record => record.Position), read);
    }

    private static HashKey Inside(HashKeyRange range, Random random)
    {
        var width = range.End.Value - range.Start.Value;
        var value = new UInt128((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));
        return new HashKey(range.Start.Value + (width == UInt128.MaxValue ? value : value % (width + 1)));
    }
}
