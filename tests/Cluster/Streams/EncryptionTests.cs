using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Tests.Cluster.Hosting;
using Xunit;

namespace Broker.Tests.Cluster.Streams;

/// <summary>What a stream grain keeps of its encryption.</summary>
public sealed class EncryptionTests : IDisposable
{
    private readonly DataDirectory directory = new();
    private readonly ObservedLog shards = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task KeysSurviveARestartAndOnlyTheOneInUseIsReplaced()
    {
        ImmutableArray<byte> first = [1, 2, 3], second = [4];
        long generation;
        await using (var silo = await StartAsync())
        {
            var stream = await silo.CreateAsync("s", 1);
            Assert.Null((await stream.DescribeAsync()).Encryption);
            var version = (await stream.DescribeAsync()).Version;
            await stream.StartEncryptionAsync("alias/a", "m", first);
            Assert.True((await stream.DescribeAsync()).Version > version);
            version = (await stream.DescribeAsync()).Version;
            await stream.StartEncryptionAsync("alias/a", "m", second);
            Assert.Equal(version, (await stream.DescribeAsync()).Version);
            generation = (await stream.DescribeAsync()).Generation.Value;
        }

        await using (var silo = await StartAsync())
        {
            var stream = silo.Grains.GetGrain<Broker.Contracts.Grains.IStreamGrain>(generation);
            var told = (await stream.DescribeAsync()).Encryption!;
            Assert.Equal(("alias/a", 1u, "m"), (told.KeyId, told.KeyGeneration, told.Find(1)!.MasterKeyId));
            Assert.Equal(first.AsEnumerable(), told.Find(1)!.Wrapped);

            await stream.RotateDataKeyAsync(7, "m", second);
            Assert.Equal(1u, (await stream.DescribeAsync()).Encryption!.KeyGeneration);
            await stream.RotateDataKeyAsync(1, "m2", second);
            await stream.RotateDataKeyAsync(1, "m2", second);
            told = (await stream.GetMapAsync(-1))!.Stream.Encryption!;
            Assert.Equal(("alias/a", 2u, 2), (told.KeyId, told.KeyGeneration, told.Keys.Length));

            await stream.StopEncryptionAsync();
            await stream.StopEncryptionAsync();
            told = (await stream.DescribeAsync()).Encryption!;
            Assert.Equal((EncryptionType.None, 2), (told.Type, told.Keys.Length));
            await stream.RotateDataKeyAsync(2, "m2", second);
            Assert.Equal(EncryptionType.None, (await stream.DescribeAsync()).EncryptionType);
        }
    }

    [Fact]
    public async Task StartsAndStopsHaveTheirQuotaOfADay()
    {
        await using var silo = await StartAsync(("Broker:Limits:MaxEncryptionChangesPerDay", "2"));
        var stream = await silo.CreateAsync("s", 1);
        await stream.StartEncryptionAsync("a", "m", [1]);
        await stream.StopEncryptionAsync();
        await stream.StartEncryptionAsync("a", "m", [1]);
        await stream.StopEncryptionAsync();
        await FailsAsync(BrokerErrorCode.LimitExceeded, () => stream.StartEncryptionAsync("a", "m", [1]));
        shards.Time.Offset = TimeSpan.FromHours(25);
        await stream.StartEncryptionAsync("a", "m", [1]);
    }

    [Fact]
    public async Task AStreamThatIsNotActiveOrAKeyOfNoNameIsRefused()
    {
        await using var silo = await StartAsync();
        var stream = await silo.CreateAsync("s", 1);
        await FailsAsync(BrokerErrorCode.InvalidArgument, () => stream.StartEncryptionAsync("", "m", [1]));
        await FailsAsync(BrokerErrorCode.InvalidArgument, () => stream.StartEncryptionAsync(new string('k', 2_049), "m", [1]));
        await stream.DeleteAsync(true);
        var fault = await Assert.ThrowsAsync<BrokerException>(() => stream.StartEncryptionAsync("a", "m", [1]));
        Assert.True(fault.Code is BrokerErrorCode.ResourceInUse or BrokerErrorCode.ResourceNotFound, fault.Message);
    }

    private static async Task FailsAsync(BrokerErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<BrokerException>(call)).Code);

    private Task<SiloFixture> StartAsync(params (string Key, string Value)[] settings) => SiloFixture.StartAsync(directory.Path, shards, settings);
}
