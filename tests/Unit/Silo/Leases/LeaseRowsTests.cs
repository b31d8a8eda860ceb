using Broker.Contracts.Leases;
using Broker.Silo.Leases;
using Broker.Silo.Leases.Rows;
using Broker.Silo.Storage.Rows;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Leases;

/// <summary>What a table holds is what its rows hold, written to a real store, through changes and deletions.</summary>
public sealed class LeaseRowsTests : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("broker-leases-").FullName;
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
    public async Task What_is_written_is_read_and_what_is_gone_is_gone()
    {
        var rows = new LeaseRows(store, "000000000000", "billing");
        var table = NewTable();
        var session = Guid.NewGuid();
        table.Join(new JoinCommand("a", session, [LeaseHarness.Orders], LeaseCheckpoint.TrimHorizon, 0, 1, null, null));
        table.Sync(LeaseHarness.Orders, LeaseHarness.Map(LeaseHarness.Shard(0), LeaseHarness.Shard(1)));
        table.Balance();
        await WriteAsync(rows, table);
        var hold = new LeaseHold(LeaseHarness.Key(0), "a", session, table.Leases[LeaseHarness.Key(0)].Row.Counter);
        table.Checkpoint(hold, LeaseHarness.At(0, 5, 2));
        await WriteAsync(rows, table);

        var read = NewTable();
        await rows.LoadAsync(read);
        Assert.Equal(LeaseHarness.At(0, 5, 2), read.Leases[LeaseHarness.Key(0)].Checkpoint);
        Assert.Equal(("a", session), (read.Leases[LeaseHarness.Key(1)].Row.Owner, read.Leases[LeaseHarness.Key(1)].Row.Session));
        Assert.Equal(table.Describe().Entry.Streams.AsEnumerable(), read.Describe().Entry.Streams);

        read.Reset(LeaseCheckpoint.Latest, force: true);
        await WriteAsync(rows, read);
        var reset = NewTable();
        await rows.LoadAsync(reset);
        Assert.Empty(reset.Leases);

        // The first table does not know: its rows are at other versions.
        table.Checkpoint(hold, LeaseHarness.At(0, 6));
        await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(rows, table));

        reset.Delete(force: false);
        await WriteAsync(rows, reset);
        await rows.LoadAsync(reset);
        Assert.Null(reset.Application);
    }

    private static LeaseTable NewTable() => new("billing", "000000000000", new FakeTimeProvider(), new LeaseOptions());

    private static async Task WriteAsync(LeaseRows rows, LeaseTable table)
    {
        await rows.WriteAsync(table.TakeChanges());
        table.Committed();
    }
}
