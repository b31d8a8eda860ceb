using System.Globalization;
using Broker.Silo.Storage;
using Xunit.Abstractions;

namespace Broker.Tests.Simulation.Shards;

/// <summary>The shard's state machine over the embedded log under repeats, two owners, resharding, crashes and faults. BROKER_SIM_SEEDS sets how many seeds are tried, BROKER_SIM_FIRST from which on.</summary>
public sealed class ShardSimulationTests(ITestOutputHelper output)
{
    private const int Batches = 10;
    private static readonly int Seeds =
        int.TryParse(Environment.GetEnvironmentVariable("BROKER_SIM_SEEDS"), CultureInfo.InvariantCulture, out var seeds) ? seeds : 120;

    private static readonly int FirstSeed =
        int.TryParse(Environment.GetEnvironmentVariable("BROKER_SIM_FIRST"), CultureInfo.InvariantCulture, out var first) ? first : 1000;

    [Fact]
    public void Repeats_owners_resharding_crashes_and_faults_keep_the_invariants()
    {
        var (acknowledged, repeats, read, shards) = (0, 0, 0, 0);
        for (var seed = FirstSeed; seed < FirstSeed + Seeds; seed++)
        {
            var world = new ShardWorld(seed);
            try
            {
                LiveBadly(world, seed);
            }
            catch (Exception)
            {
                output.WriteLine($"Seed {seed}.");
                throw;
            }

            acknowledged += world.Ledger.Acknowledged;
            repeats += world.Ledger.RepeatsTold;
            read += world.Ledger.ReadRecords;
            shards += world.Shards;
        }

        output.WriteLine($"{Seeds} seeds from {FirstSeed}: {acknowledged} records acknowledged, {repeats} told again, {read} read, {shards} shards.");
        Assert.True(acknowledged > 50 * Seeds && repeats > 10 * Seeds && read > 50 * Seeds && shards > 4 * Seeds, "Too little happened.");
    }

    [Fact]
    public void One_seed_gives_one_history()
    {
        for (var seed = 5; seed < 9; seed++)
        {
            var (first, second) = (new ShardWorld(seed), new ShardWorld(seed));
            LiveBadly(first, seed);
            LiveBadly(second, seed);
            Assert.Equal(first.HistoryHash, second.HistoryHash);
        }
    }

    [Theory]
    [InlineData("SnapshotForgotten")]
    [InlineData("NotInherited")]
    [InlineData("ContinuedAfterUncertain")]
    [InlineData("AcknowledgedEarly")]
    [InlineData("StampsNotRaised")]
    [InlineData("ForgotEpoch")]
    public void A_planted_bug_is_found(string bug)
    {
        for (var seed = 0; seed < 100; seed++)
        {
            try
            {
                LiveBadly(new ShardWorld(seed, Enum.Parse<ShardPlantedBug>(bug)), seed);
            }
            catch (InvariantException broken)
            {
                output.WriteLine($"Seed {seed}: {broken.Message}");
                return;
            }
        }

        Assert.Fail("No seed found the planted fault.");
    }

    private static void LiveBadly(ShardWorld world, int seed)
    {
        var random = new Random(seed);
        var disk = world.Disk;
        for (var life = 0; life < 4; life++)
        {
            disk.CrashAtWrite = random.Next(5) == 0 ? 0 : disk.Writes + random.Next(3, 70);
            disk.FailAtWrite = random.Next(2) == 0 ? 0 : disk.Writes + random.Next(5, 50);
            disk.CapacityBytes = random.Next(4) == 0 ? disk.UsedBytes + random.Next(700_000) : long.MaxValue;
            try
            {
                world.Live(Batches, powerFails: random.Next(2) == 0);
            }
            catch (StorageException) when (disk.CapacityBytes != long.MaxValue || disk.FailAtWrite > 0)
            {
                // A start may fail on a failing device; the next one must not.
                disk.Restart(powerFailed: false);
            }

            disk.FailAtWrite = 0;
            disk.CapacityBytes = long.MaxValue;
        }

        world.Settle();
    }
}
