using Broker.Contracts.Streams;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Silo.Streams;

public sealed class StreamRowsTests : IAsyncLifetime
{
    private static readonly StreamGeneration Stream = new(7);

    private readonly string directory = Directory.CreateTempSubdirectory("broker-rows-").FullName;
    private SqliteRowStore store = null!;

    public async Task InitializeAsync()
    {
        store = new SqliteRowStore(directory, NullLogger<SqliteRowStore>.Instance);
        await store.OpenAsync(default);
    }

    public Task DisposeAsync()
    {
        store.Dispose();
        Directory.Delete(directory, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task An_activation_that_another_one_wrote_behind_finds_that_out()
    {
        var head = new StreamHeadRow { Name = "s", Status = StreamStatus.Active };
        var first = new StreamRows(store, Stream);
        await first.LoadAsync();
        await first.WriteHeadAsync(head);
        var second = new StreamRows(store, Stream);
        await second.LoadAsync();
        await first.ConfirmAsync();
        await second.WriteHeadAsync(head with { OpenShards = 1 });
        await second.ConfirmAsync();
        await Assert.ThrowsAsync<RowConflictException>(first.ConfirmAsync);
    }
}
