using System.Text;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Rows;

public sealed class SqliteRowStoreTests : RowStoreContract, IAsyncLifetime, IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("broker-rows-").FullName;
    private SqliteRowStore rows = null!;

    protected override IRowStore Rows => rows;

    public async Task InitializeAsync() => rows = await OpenAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    protected override async Task ReopenAsync()
    {
        rows.Dispose();
        rows = await OpenAsync();
    }

    public void Dispose()
    {
        rows.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task TheFileIsForItsUserAloneAndOneThatIsThereKeepsItsMode()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await rows.WriteAsync([new RowWrite(new RowKey("p", "a"), Encoding.UTF8.GetBytes("1"), 0)], CancellationToken.None);
        var file = Path.Combine(directory, SqliteRowStore.FileName);
        Assert.Equal(Own, File.GetUnixFileMode(file));
        Assert.Equal(Own, File.GetUnixFileMode($"{file}-wal"));

        rows.Dispose();
        File.SetUnixFileMode(file, Own | UnixFileMode.GroupRead);
        rows = await OpenAsync();
        Assert.Equal(Own | UnixFileMode.GroupRead, File.GetUnixFileMode(file));
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

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, SqliteRowStore.FileName)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
