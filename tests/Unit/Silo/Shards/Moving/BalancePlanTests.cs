using System.Net;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards.Moving;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards.Moving;

/// <summary>Which shards go where.</summary>
public sealed class BalancePlanTests
{
    private const double MiB = 1024 * 1024;

    private static readonly BalanceOptions Options = new();
    private static readonly SiloAddress[] Silos = [.. Enumerable.Range(1, 4).Select(i => SiloAddress.New(IPAddress.Parse($"10.0.0.{i}"), 11111, i))];

    [Fact]
    public void A_silo_that_joins_is_given_shards_until_it_carries_its_part()
    {
        Dictionary<SiloAddress, SiloLoad> loads = new()
        {
            [Silos[0]] = Load(0, 1, 1, 1, 1, 1, 1),
            [Silos[1]] = Load(10, 1, 1, 1, 1, 1, 1),
            [Silos[2]] = Load(20),
        };
        var moves = BalancePlan.Next(loads, Silos.Take(3).ToHashSet(), Options);
        Assert.Equal(4, moves.Count);
        Assert.All(moves, move => Assert.Equal(Silos[2], move.To));
        Assert.Equal(2, moves.Count(move => move.From.Equals(Silos[0])));
    }

    [Fact]
    public void Load_decides_and_not_the_number_of_shards()
    {
        Dictionary<SiloAddress, SiloLoad> loads = new() { [Silos[0]] = Load(0, 8), [Silos[1]] = Load(10, 1, 1, 1, 1, 1, 1, 1, 1) };
        Assert.Empty(BalancePlan.Next(loads, Silos.ToHashSet(), Options));
    }

    [Fact]
    public void A_shard_that_alone_is_the_load_stays()
    {
        Dictionary<SiloAddress, SiloLoad> loads = new() { [Silos[0]] = Load(0, 50), [Silos[1]] = Load(10) };
        Assert.Empty(BalancePlan.Next(loads, Silos.ToHashSet(), Options));
    }

    [Fact]
    public void Its_small_neighbours_go_instead()
    {
        Dictionary<SiloAddress, SiloLoad> loads = new() { [Silos[0]] = Load(0, 50, 1, 1), [Silos[1]] = Load(10) };
        Assert.Equal([1, 2], BalancePlan.Next(loads, Silos.ToHashSet(), Options).Select(move => move.Shard.Shard.Index).Order());
    }

    [Fact]
    public void A_silo_that_is_not_to_be_fed_is_given_nothing()
    {
        Dictionary<SiloAddress, SiloLoad> loads = new() { [Silos[0]] = Load(0, 4, 4), [Silos[1]] = Load(10), [Silos[2]] = Load(20, 1) };
        var move = Assert.Single(BalancePlan.Next(loads, new HashSet<SiloAddress> { Silos[0], Silos[2] }, Options));
        Assert.Equal((Silos[0], Silos[2]), (move.From, move.To));
    }

    [Fact]
    public void What_was_moved_a_moment_ago_stays_and_little_is_left_alone()
    {
        var fresh = Load(0, 4, 4) with { Busiest = [new MovableShard(Key(0), 4 * MiB, TimeSpan.FromSeconds(3)), new MovableShard(Key(1), 4 * MiB, TimeSpan.FromSeconds(3))] };
        Assert.Empty(BalancePlan.Next(new Dictionary<SiloAddress, SiloLoad> { [Silos[0]] = fresh, [Silos[1]] = Load(10) }, Silos.ToHashSet(), Options));
        Dictionary<SiloAddress, SiloLoad> little = new() { [Silos[0]] = Load(0, 0.1, 0.1), [Silos[1]] = Load(10) };
        Assert.Empty(BalancePlan.Next(little, Silos.ToHashSet(), Options));
    }

    [Fact]
    public void Every_plan_brings_the_silos_closer_and_the_plans_come_to_an_end()
    {
        var cost = Gen.Choose(0, 1_000).Select(static units => units / 100.0);
        Check.QuickThrowOnFailure(Prop.ForAll(cost.ArrayOf(12).ArrayOf(4).ToArbitrary(), costs =>
        {
            var shards = costs.Select(static (silo, i) => silo.Select((load, j) => new MovableShard(Key((i * 100) + j), load * MiB, TimeSpan.FromMinutes(1))).ToList()).ToArray();
            for (var round = 0; round < 200; round++)
            {
                var loads = shards.Select((silo, i) => (Silos[i], Load: new SiloLoad(silo.Count, silo.Sum(static shard => shard.Cost), [.. silo.OrderByDescending(static shard => shard.Cost)])))
                    .ToDictionary(static load => load.Item1, static load => load.Load);
                var spread = Spread(shards);
                var moves = BalancePlan.Next(loads, Silos.ToHashSet(), Options);
                if (moves.Count == 0)
                {
                    return true;
                }

                foreach (var move in moves)
                {
                    var from = shards[Array.IndexOf(Silos, move.From)];
                    var moved = from.Single(shard => shard.Key == move.Shard);
                    from.Remove(moved);
                    shards[Array.IndexOf(Silos, move.To)].Add(moved);
                }

                if (Spread(shards) >= spread)
                {
                    return false;
                }
            }

            return false;
        }));
    }

    /// <summary>Sum of squares: smaller is closer.</summary>
    private static double Spread(List<MovableShard>[] silos) => silos.Sum(static silo => Math.Pow(silo.Sum(static shard => shard.Cost) / MiB, 2));

    private static SiloLoad Load(int first, params double[] mebibytes) => new(
        mebibytes.Length,
        mebibytes.Sum() * MiB,
        [.. mebibytes.Select((load, i) => new MovableShard(Key(first + i), load * MiB, TimeSpan.FromMinutes(1)))]);

    private static ShardKey Key(int index) => new(new StreamGeneration(1), new ShardId(index));
}
