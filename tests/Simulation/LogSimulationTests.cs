using System.Globalization;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Embedded.Devices;
using Xunit.Abstractions;

namespace Broker.Tests.Simulation;

/// <summary>The embedded log under crashes and faults. BROKER_SIM_SEEDS sets how many seeds are tried.</summary>
public sealed class LogSimulationTests(ITestOutputHelper output)
{
    private const int Appends = 12;
    private const int OneFile = 4 * 1024 * 1024;
    private static readonly int Seeds =
        int.TryParse(Environment.GetEnvironmentVariable("BROKER_SIM_SEEDS"), CultureInfo.InvariantCulture, out var seeds) ? seeds : 40;

    [Fact]
    public void Every_crash_point_keeps_the_invariants()
    {
        foreach (var seed in new[] { 1, 2 })
        {
            var whole = new SimWorld(seed);
            whole.Live(Appends);
            whole.Check();
            Assert.True(whole.Committed > Appends, $"Only {whole.Committed} appends committed.");
            Assert.True(whole.FilesGivenBack > 0, "Expiry gave nothing back.");
            for (var write = 1; write <= whole.Disk.Writes; write++)
            {
                Print(seed, $"crash at {write}", () =>
                {
                    var world = new SimWorld(seed);
                    world.Disk.CrashAtWrite = write;
                    world.Live(Appends, powerFails: write % 3 != 0);
                    world.Live(Appends);
                    world.Check();
                });
            }
        }
    }

    [Fact]
    public void Crashes_failing_writes_and_full_disks_keep_the_invariants()
    {
        for (var seed = 100; seed < 100 + Seeds; seed++)
        {
            Print(seed, "faults", () => LiveBadly(new SimWorld(seed), seed));
        }
    }

    [Fact]
    public void One_seed_gives_one_history()
    {
        foreach (var seed in new[] { 5, 6, 7 })
        {
            var (first, second) = (new SimWorld(seed), new SimWorld(seed));
            LiveBadly(first, seed);
            LiveBadly(second, seed);
            Assert.Equal(first.HistoryHash, second.HistoryHash);
        }

        var other = new SimWorld(8);
        LiveBadly(other, 8);
        var another = new SimWorld(9);
        LiveBadly(another, 8);
        Assert.NotEqual(other.HistoryHash, another.HistoryHash);
    }

    [Fact]
    public void A_damaged_middle_is_reported_and_isolated()
    {
        for (var seed = 300; seed < 300 + Seeds; seed++)
        {
            Print(seed, "damage", () => LiveWithDamage(new SimWorld(seed, fileBytes: OneFile), seed));
        }
    }

    [Fact]
    public void A_forgotten_sync_is_found() => AssertFound(seed =>
    {
        var world = new SimWorld(seed);
        world.Disk.ForgetsSync = true;
        world.Disk.CrashAtWrite = 25 + (seed % 10);
        LiveTwice(world);
    });

    [Fact]
    public void A_forgotten_epoch_is_found() => AssertFound(seed => LiveTwice(new SimWorld(seed, PlantedBugs.ForgotEpoch)));

    [Fact]
    public void An_early_acknowledgement_is_found() => AssertFound(seed =>
    {
        var world = new SimWorld(seed, PlantedBugs.AcknowledgedEarly);
        world.Disk.CrashAtWrite = 5 + (seed % 20);
        LiveTwice(world);
    });

    [Fact]
    public void A_middle_cut_as_a_torn_end_is_found() => AssertFound(seed => LiveWithDamage(new SimWorld(seed, PlantedBugs.CutMiddle, OneFile), seed));

    private static void LiveTwice(SimWorld world)
    {
        world.Live(Appends);
        world.Live(Appends);
        world.Check();
    }

    private static void LiveBadly(SimWorld world, int seed)
    {
        var random = new Random(seed);
        for (var life = 0; life < 5; life++)
        {
            world.Disk.CrashAtWrite = random.Next(4) == 0 ? 0 : world.Disk.Writes + random.Next(1, 40);
            world.Disk.FailAtWrite = random.Next(2) == 0 ? 0 : world.Disk.Writes + random.Next(3, 30);
            world.Disk.CapacityBytes = random.Next(3) == 0 ? world.Disk.UsedBytes + random.Next(3_000_000) : long.MaxValue;
            try
            {
                world.Live(Appends, powerFails: random.Next(2) == 0);
            }
            catch (Silo.Storage.StorageException) when (world.Disk.CapacityBytes != long.MaxValue || world.Disk.FailAtWrite > 0)
            {
                // A start may fail on a failing device; the next one must not.
                world.Disk.Restart(powerFailed: false);
            }

            world.Disk.FailAtWrite = 0;
            world.Disk.CapacityBytes = long.MaxValue;
        }

        world.Disk.CrashAtWrite = 0;
        world.Live(Appends);
        world.Check();
    }

    /// <summary>Damages a byte anywhere before the last frame, which is a mark, of a file that has no index yet.</summary>
    private static void LiveWithDamage(SimWorld world, int seed)
    {
        world.Live(4);
        world.Live(4);
        var journal = world.Disk.Visible.Where(file => file.Key.EndsWith(".journal", StringComparison.Ordinal)).MaxBy(file => file.Key);
        foreach (var index in world.Disk.Visible.Keys.Where(name => name.EndsWith(".index", StringComparison.Ordinal)).ToList())
        {
            world.Disk.Visible.Remove(index);
        }

        world.Disk.SyncNames();
        var used = Array.FindLastIndex(journal.Value.Medium, value => value != 0) / AlignedMemory.Alignment * AlignedMemory.Alignment;
        var place = new Random(seed).Next(AlignedMemory.Alignment, used);
        journal.Value.Cached[place] ^= 0x40;
        journal.Value.Medium[place] ^= 0x40;
        world.Check();
        world.Check();
    }

    private void AssertFound(Action<int> live)
    {
        for (var seed = 0; seed < 60; seed++)
        {
            try
            {
                live(seed);
            }
            catch (InvariantException broken)
            {
                output.WriteLine($"Seed {seed}: {broken.Message}");
                return;
            }
        }

        Assert.Fail("No seed found the planted fault.");
    }

    private void Print(int seed, string what, Action live)
    {
        try
        {
            live();
        }
        catch (Exception)
        {
            output.WriteLine($"Seed {seed}, {what}.");
            throw;
        }
    }
}
