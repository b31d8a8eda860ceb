using System.Diagnostics;
using System.Globalization;
using System.Text;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Rows;

public sealed class SqliteRowStoreTests : IAsyncLifetime, IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("broker-rows-").FullName;
    private SqliteRowStore rows = null!;

    public async Task InitializeAsync() => rows = await OpenAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        rows.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task WritesAreConditionalAndAtomic()
    {
        var (a, b) = (new RowKey("p", "a"), new RowKey("p", "b"));
        await WriteAsync(new RowWrite(a, Bytes("1"), 0), new RowWrite(b, Bytes("1"), null));
        var conflict = await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(b, Bytes("2"), 1), new RowWrite(a, Bytes("2"), 7)));
        Assert.Equal(a, conflict.Key);
        await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(a, Bytes("2"), 0)));
        await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(a, null, 0)));
        await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(a, null, 9)));
        Assert.Equal(("1", 1L), await ReadAsync(b));

        await WriteAsync(new RowWrite(a, Bytes("2"), 1), new RowWrite(b, Bytes("2"), null));
        Assert.Equal(("2", 2L), await ReadAsync(a));
        Assert.Equal(("2", 2L), await ReadAsync(b));
        await WriteAsync(new RowWrite(a, null, 2), new RowWrite(new RowKey("p", "none"), null, null), new RowWrite(new RowKey("p", "none"), null, 0));
        Assert.Null(await rows.GetAsync(a, CancellationToken.None));
    }

    [Fact]
    public async Task PartitionsAreListedInKeyOrderAPageAtATime()
    {
        await WriteAsync([.. new[] { "b", "a", "B", "c" }.Select(key => new RowWrite(new RowKey("p", key), Bytes(key), 0))]);
        await WriteAsync(new RowWrite(new RowKey("q", "a"), Bytes("x"), 0));
        Assert.Equal(["B", "a"], (await rows.ListAsync("p", null, 2, CancellationToken.None)).Select(row => row.Key.Key));
        Assert.Equal(["b", "c"], (await rows.ListAsync("p", "a", 9, CancellationToken.None)).Select(row => row.Key.Key));
    }

    [Fact]
    public async Task TenThousandRowsAreOneWriteAndOutliveTheProcess()
    {
        var clock = Stopwatch.StartNew();
        await WriteAsync([.. Enumerable.Range(0, 10_000).Select(i => new RowWrite(new RowKey("p", i.ToString("D5", CultureInfo.InvariantCulture)), new byte[100], 0))]);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
        rows.Dispose();
        rows = await OpenAsync();
        Assert.Equal(10_000, (await rows.ListAsync("p", null, 20_000, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task ManyCallersAtOnceAreServedOneAfterTheOther()
    {
        var key = new RowKey("p", "counter");
        await WriteAsync(new RowWrite(key, Bytes("0"), 0));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            while (true)
            {
                var (value, version) = (await ReadAsync(key))!.Value;
                try
                {
                    await WriteAsync(new RowWrite(key, Bytes((int.Parse(value, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture)), version));
                    return;
                }
                catch (RowConflictException)
                {
                    await Task.Yield();
                }
            }
        }));
        Assert.Equal(("20", 21L), await ReadAsync(key));
    }

    [Fact]
    public async Task AFileOfANewerReleaseIsRefused()
    {
        rows.Dispose();
        Execute("PRAGMA user_version=2");
        var exception = await Assert.ThrowsAsync<StorageException>(OpenAsync);
        Assert.Equal(StorageFault.NewerVersion, exception.Fault);
        Assert.Contains("layout 2", exception.Message, StringComparison.Ordinal);
        Execute("PRAGMA user_version=1");
        rows = await OpenAsync();
    }

    [Fact]
    public async Task ASecondProcessIsKeptOut()
    {
        var exception = await Assert.ThrowsAsync<StorageException>(OpenAsync);
        Assert.Equal(StorageFault.Locked, exception.Fault);
    }

    [Fact]
    public async Task AFullDeviceRefusesTheWriteAndTheStoreStaysGood()
    {
        rows.Dispose();
        rows = await OpenAsync(maxPages: 32);
        await WriteAsync(new RowWrite(new RowKey("p", "a"), Bytes("kept"), 0));
        var exception = await Assert.ThrowsAsync<StorageException>(() => WriteAsync(new RowWrite(new RowKey("p", "b"), new byte[1_000_000], 0)));
        Assert.Equal(StorageFault.DiskFull, exception.Fault);
        Assert.Null(await rows.GetAsync(new RowKey("p", "b"), CancellationToken.None));
        await WriteAsync(new RowWrite(new RowKey("p", "a"), Bytes("more"), 1));
        Assert.Equal(("more", 2L), await ReadAsync(new RowKey("p", "a")));
    }

    [Fact]
    public async Task ADamagedFileIsReported()
    {
        rows.Dispose();
        await File.WriteAllBytesAsync(Path.Combine(directory, SqliteRowStore.FileName), Encoding.ASCII.GetBytes(new string('x', 8_192)));
        Assert.Equal(StorageFault.Corrupt, (await Assert.ThrowsAsync<StorageException>(OpenAsync)).Fault);
    }

    private Task<SqliteRowStore> OpenAsync() => OpenAsync(0);

    private async Task<SqliteRowStore> OpenAsync(int maxPages)
    {
        var rows = new SqliteRowStore(directory, NullLogger<SqliteRowStore>.Instance, maxPages);
        await rows.OpenAsync(CancellationToken.None);
        return rows;
    }

    private Task WriteAsync(params RowWrite[] writes) => rows.WriteAsync(writes, CancellationToken.None).AsTask();

    private async Task<(string Value, long Version)?> ReadAsync(RowKey key) =>
        await rows.GetAsync(key, CancellationToken.None) is { } row ? (Encoding.UTF8.GetString(row.Value.Span), row.Version) : null;

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, SqliteRowStore.FileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
