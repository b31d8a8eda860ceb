using System.Diagnostics;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Tests.Cluster.Hosting;
using Microsoft.Extensions.Options;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Streams;

public sealed class StartUpTests(ITestOutputHelper output)
{
    [Fact]
    public async Task AnEmptySiloIsReadyInAMoment()
    {
        for (var i = 0; i < 3; i++)
        {
            using var directory = new DataDirectory();
            var clock = Stopwatch.StartNew();
            var silo = await SiloFixture.StartAsync(directory.Path, new ObservedLog());
            var started = clock.Elapsed;
            Assert.False((await silo.Catalogue.ListAsync(null, 10)).HasMore);
            var answered = clock.Elapsed;
            await silo.DisposeAsync();
            output.WriteLine($"started {started.TotalMilliseconds:F0} ms, first answer {answered.TotalMilliseconds:F0} ms, stopped {clock.Elapsed.TotalMilliseconds:F0} ms");
        }
    }

    [Fact]
    public async Task TwoSilosOnOneMachineDoNotClashAndOneDirectoryHasOneSilo()
    {
        using var first = new DataDirectory();
        using var second = new DataDirectory();
        await using var one = await SiloFixture.StartAsync(first.Path, new ObservedLog());
        await using var two = await SiloFixture.StartAsync(second.Path, new ObservedLog());
        await one.CreateAsync("s", 1);
        Assert.Null(await two.Catalogue.ResolveAsync("s"));
        var refused = await Assert.ThrowsAsync<StorageException>(() => SiloFixture.StartAsync(first.Path, new ObservedLog()));
        Assert.Equal(StorageFault.Locked, refused.Fault);
    }

    [Theory]
    [InlineData("metadata.db-wal", "stream generation 1")]
    [InlineData("metadata.db", "stream generation 1")]
    [InlineData("log", "the log in")]
    public async Task ALostPartOfTheDataIsToldAndNotBegunAnew(string part, string told)
    {
        using var directory = new DataDirectory();
        using var copy = new DataDirectory();
        await using (var silo = await SiloFixture.StartAsync(directory.Path, new ObservedLog()))
        {
            await silo.CreateAsync("s", 1);
            await silo.Grains.GetGrain<IShardGrain>(new ShardKey(new StreamGeneration(1), new ShardId(0)).ToGrainKey()).SealAsync();

            // As a kill would leave it: at a clean end nothing is left in the write-ahead log.
            CopyAll(new DirectoryInfo(directory.Path), copy.Path, part);
        }

        for (var i = 0; i < 2; i++)
        {
            var refused = await Assert.ThrowsAsync<StorageException>(() => SiloFixture.StartAsync(copy.Path, new ObservedLog()));
            Assert.Equal(StorageFault.Corrupt, refused.Fault);
            Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WrongSettingsAreAllReportedAtStart()
    {
        using var directory = new DataDirectory();
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => SiloFixture.StartAsync(
            directory.Path, new ObservedLog(), ("Broker:Limits:Profile", "none"), ("Broker:Limits:MaxConsumersPerStream", "0")));
        Assert.Contains("Broker:Limits:Profile", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Broker:Limits:MaxConsumersPerStream", refused.Message, StringComparison.Ordinal);
    }

    private static void CopyAll(DirectoryInfo from, string to, string but)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in from.EnumerateFileSystemInfos().Where(entry => entry.Name != "lock" && entry.Name != but && entry.Name != $"{but}-wal"))
        {
            if (entry is DirectoryInfo directory)
            {
                CopyAll(directory, Path.Combine(to, entry.Name), but);
            }
            else
            {
                File.Copy(entry.FullName, Path.Combine(to, entry.Name));
            }
        }
    }
}
