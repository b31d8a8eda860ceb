using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Tests.Cluster.Hosting;
using Broker.Tests.Harness.Postgres;
using Xunit;

namespace Broker.Tests.Cluster.Postgres;

/// <summary>Two activations of one shard, forced: two silos of different clusters on one database, which do not know each other.</summary>
public sealed class TwoActivationsTests
{
    private static readonly Guid Producer = Guid.NewGuid();

    [PostgresFact]
    public async Task Of_two_activations_of_one_shard_the_later_appends_and_the_other_is_refused_and_gone()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await PostgresSilo.StartAsync(database.ConnectionString, ("Broker:Cluster:ClusterId", "one"));
        await using var two = await PostgresSilo.StartAsync(database.ConnectionString, ("Broker:Cluster:ClusterId", "two"));
        var generation = await one.Grains.GetGrain<ICatalogueGrain>("000000000000").CreateAsync(SiloFixture.Command("s", 1));
        await SiloFixture.ActiveAsync(one.Grains.GetGrain<IStreamGrain>(generation.Value));
        var key = new ShardKey(generation, new ShardId(0));
        var first = one.Grains.GetGrain<IShardGrain>(key.ToGrainKey());
        var second = two.Grains.GetGrain<IShardGrain>(key.ToGrainKey());

        Assert.Equal((BrokerErrorCode.None, 0), await AppendAsync(first, key, 1));
        Assert.Equal((BrokerErrorCode.None, 1), await AppendAsync(second, key, 2));

        // The first still believes that it owns the shard: the store refuses it, in whichever cluster it asks.
        Assert.Equal(BrokerErrorCode.Unavailable, (await AppendAsync(first, key, 3)).Code);
        await SiloFixture.EventuallyAsync(async () => await ActivationsAsync(one) == 0);
        Assert.Equal(1, await ActivationsAsync(two));
        Assert.Equal((BrokerErrorCode.None, 2), await AppendAsync(second, key, 4));
        Assert.Equal([1, 2, 4], await ReadAsync(second));

        // Asked again, the shard is activated anew and takes over; what was refused lands once, and the other is gone in its turn.
        Assert.Equal((BrokerErrorCode.None, 3), await AppendAsync(first, key, 3));
        Assert.Equal(BrokerErrorCode.Unavailable, (await AppendAsync(second, key, 5)).Code);
        await SiloFixture.EventuallyAsync(async () => await ActivationsAsync(two) == 0);
        Assert.Equal([1, 2, 4, 3], await ReadAsync(first));
    }

    [PostgresFact]
    public async Task An_activation_that_only_reads_finds_out_within_a_second_and_is_gone()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var one = await PostgresSilo.StartAsync(database.ConnectionString, ("Broker:Cluster:ClusterId", "one"));
        await using var two = await PostgresSilo.StartAsync(database.ConnectionString, ("Broker:Cluster:ClusterId", "two"));
        var generation = await one.Grains.GetGrain<ICatalogueGrain>("000000000000").CreateAsync(SiloFixture.Command("s", 1));
        await SiloFixture.ActiveAsync(one.Grains.GetGrain<IStreamGrain>(generation.Value));
        var key = new ShardKey(generation, new ShardId(0));
        var reader = one.Grains.GetGrain<IShardGrain>(key.ToGrainKey());
        await AppendAsync(reader, key, 1);

        // It waits at what it holds to be the end, while another owner appends behind its back.
        var waiting = reader.ReadAsync(new ReadRequest(1, 1024 * 1024, TimeSpan.FromSeconds(10), 0, Metered: false));
        Assert.Equal((BrokerErrorCode.None, 1), await AppendAsync(two.Grains.GetGrain<IShardGrain>(key.ToGrainKey()), key, 2));
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(BrokerErrorCode.Unavailable, (await waiting).Code);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(5), "the superseded activation went on serving reads");
        await SiloFixture.EventuallyAsync(async () => await ActivationsAsync(one) == 0);
    }

    private static async Task<(BrokerErrorCode Code, long Position)> AppendAsync(IShardGrain shard, ShardKey key, int number)
    {
        using var builder = new PayloadBuilder();
        builder.Add("k"u8, Encoding.ASCII.GetBytes($"{number}"), null);
        var identity = new BlockIdentity(new BatchIdentity(Producer, 0, (ulong)number), 0, 1);
        var result = await shard.AppendAsync(new AppendRequest([builder.Build(key, [identity])], [], 0));
        return (result.Code, result.FirstPosition);
    }

    private static async Task<List<int>> ReadAsync(IShardGrain shard)
    {
        var result = await shard.ReadAsync(new ReadRequest(0, 1024 * 1024, TimeSpan.Zero, 0, Metered: false));
        Assert.Equal(BrokerErrorCode.None, result.Code);
        return [.. result.Blocks.Select(block => (int)block.Identities[0].Identity.BatchNumber)];
    }

    /// <summary>Activations of shards in a silo.</summary>
    private static async Task<int> ActivationsAsync(PostgresSilo silo) =>
        (await silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).Count(grain => grain.GrainType.Contains("ShardGrain", StringComparison.Ordinal));
}
