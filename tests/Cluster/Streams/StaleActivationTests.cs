using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Broker.Tests.Cluster.Hosting;
using Xunit;

namespace Broker.Tests.Cluster.Streams;

/// <summary>Grains whose rows another activation has written, as one on a silo that was cut off: they refuse nothing by what they remember.</summary>
public sealed class StaleActivationTests : IAsyncLifetime
{
    private readonly DataDirectory directory = new();
    private readonly ObservedLog shards = new();
    private SiloFixture silo = null!;

    public async Task InitializeAsync() => silo = await SiloFixture.StartAsync(directory.Path, shards);

    public async Task DisposeAsync()
    {
        await silo.DisposeAsync();
        directory.Dispose();
    }

    [Fact]
    public async Task AShardIsAbsentOnlyWhereTheStoreConfirmsIt()
    {
        var stream = await silo.CreateAsync("s", 1);
        await RewriteAsync(RowKeys.Head((await stream.DescribeAsync()).Generation));
        var refused = await Assert.ThrowsAsync<BrokerException>(() => SplitAbsentAsync(stream));
        Assert.Equal(BrokerErrorCode.Unavailable, refused.Code);
        Assert.Contains("Another activation", refused.Message, StringComparison.Ordinal);

        // The next activation has read what was written.
        await SiloFixture.EventuallyAsync(async () =>
            (await Assert.ThrowsAsync<BrokerException>(() => SplitAbsentAsync(stream))).Code == BrokerErrorCode.ResourceNotFound);
    }

    [Fact]
    public async Task AStreamThatAnotherCatalogueMadeIsFound()
    {
        await silo.CreateAsync("s", 1);
        var known = (await silo.Rows.GetAsync(RowKeys.Name("000000000000", "s"), default))!;
        Assert.Null(await silo.Catalogue.ResolveAsync("t"));
        await silo.Rows.WriteAsync([new RowWrite(RowKeys.Name("000000000000", "t"), known.Value, 0)], default);
        Assert.Equal(await silo.Catalogue.ResolveAsync("s"), await silo.Catalogue.ResolveAsync("t"));
        Assert.Equal(["s", "t"], (await silo.Catalogue.ListAsync(null, 10)).Streams.Select(stream => stream.Name));
        Assert.Equal(["t"], (await silo.Catalogue.ListAsync("s", 10)).Streams.Select(stream => stream.Name));
    }

    [Fact]
    public async Task ANameIsTakenOnlyWhereTheStoreConfirmsIt()
    {
        await silo.CreateAsync("s", 1);
        await silo.Rows.WriteAsync([new RowWrite(RowKeys.Name("000000000000", "s"), null, null)], default);
        var refused = await Assert.ThrowsAsync<BrokerException>(() => silo.CreateAsync("s", 1));
        Assert.Equal(BrokerErrorCode.Unavailable, refused.Code);
        await SiloFixture.EventuallyAsync(async () =>
        {
            try
            {
                await silo.CreateAsync("s", 1);
                return true;
            }
            catch (BrokerException again) when (again.Code == BrokerErrorCode.Unavailable)
            {
                return false; // The activation has not ended yet.
            }
        });
    }

    private static Task SplitAbsentAsync(IStreamGrain stream) => stream.SplitShardAsync(new ShardId(7), new HashKey(1000));

    private async Task RewriteAsync(RowKey key)
    {
        var row = (await silo.Rows.GetAsync(key, default))!;
        await silo.Rows.WriteAsync([new RowWrite(key, row.Value, row.Version)], default);
    }
}
