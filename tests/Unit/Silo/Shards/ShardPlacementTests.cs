using System.Net;
using Broker.Silo.Shards.Placement;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

/// <summary>Where shards begin.</summary>
public sealed class ShardPlacementTests
{
    private static readonly GrainId[] Shards = [.. Enumerable.Range(0, 9_000).Select(i => GrainId.Create("shard", $"7/{i}"))];

    [Fact]
    public void Shards_are_spread_evenly()
    {
        var silos = Silos(3);
        var counts = Shards.CountBy(shard => ShardPlacementDirector.Choose(shard, silos)).ToDictionary();
        Assert.Equal(3, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 2_700, 3_300));
    }

    [Fact]
    public void The_order_in_which_silos_are_known_does_not_matter()
    {
        var silos = Silos(5);
        Assert.All(Shards.Take(100), shard => Assert.Equal(ShardPlacementDirector.Choose(shard, silos), ShardPlacementDirector.Choose(shard, [.. silos.Reverse()])));
    }

    [Fact]
    public void The_end_of_a_silo_moves_none_but_its_own_shards()
    {
        var silos = Silos(4);
        SiloAddress[] left = [.. silos.Skip(1)];
        Assert.All(
            Shards.Where(shard => !ShardPlacementDirector.Choose(shard, silos).Equals(silos[0])),
            shard => Assert.Equal(ShardPlacementDirector.Choose(shard, silos), ShardPlacementDirector.Choose(shard, left)));
    }

    private static SiloAddress[] Silos(int count) => [.. Enumerable.Range(1, count).Select(i => SiloAddress.New(IPAddress.Parse($"10.0.0.{i}"), 11111, i))];
}
