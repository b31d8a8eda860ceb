using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Rows;

/// <summary>The rows of the embedded broker: one SQLite file, <c>metadata.db</c>, in the data directory (docs/layouts/rows.md).</summary>
/// <remarks>
/// <para>
/// Write-ahead log and synchronous=FULL: a write is on the device when it returns, and survives a kill and a loss of power. The
/// file is locked for this process alone. All work is done by one thread of the store's own, in the order of the calls, so that no
/// caller waits on the device inside a grain turn.
/// </para>
/// <para>A write that fails is rolled back; the connection stays good, because SQLite keeps what is committed apart from what is not.</para>
/// </remarks>
public sealed partial class SqliteRowStore : IRowStore, IStorageComponent, IDisposable
{
    /// <summary>The file's name in the data directory.</summary>
    public const string FileName = "metadata.db";

    /// <summary>The layout that this release writes (PRAGMA user_version).</summary>
    public const int SchemaVersion = 1;

    private readonly string path;
    private readonly int maxPages;
    private readonly ILogger<SqliteRowStore> logger;
    private SqliteWorker? worker;

    /// <param name="dataDirectory">Made where it is missing.</param>
    /// <param name="logger">Told of opening and closing.</param>
    /// <param name="maxPages">Most pages of 4 KiB that the file may have; 0 for SQLite's own bound. Past it a write finds the disk full.</param>
    public SqliteRowStore(string dataDirectory, ILogger<SqliteRowStore> logger, int maxPages = 0)
    {
        path = Path.Combine(dataDirectory, FileName);
        this.maxPages = maxPages;
        this.logger = logger;
    }

    /// <summary>Opens the file, makes it where it is missing, and brings it to the present layout.</summary>
    /// <exception cref="StorageException">Locked by another process, damaged, or written by a newer release.</exception>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (this.worker is not null)
        {
            return;
        }

        DurableDirectory.Create(Path.GetDirectoryName(Path.GetFullPath(path))!);
        MakeFile();
        var worker = new SqliteWorker(path);
        try
        {
            await worker.RunAsync(Prepare, cancellationToken);
        }
        catch
        {
            worker.Dispose();
            throw;
        }

        this.worker = worker;
        LogOpened(path);
    }

    /// <summary>Finishes what was asked for and closes the file. Repeatable.</summary>
    public ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask<Row?> GetAsync(RowKey key, CancellationToken cancellationToken) =>
        new(Worker.RunAsync(session => session.Get(key), cancellationToken));

    public ValueTask<IReadOnlyList<Row>> ListAsync(string partition, string? afterKey, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return new(Worker.RunAsync(session => session.List(partition, afterKey, limit), cancellationToken));
    }

    public ValueTask WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken cancellationToken) =>
        new(Worker.RunAsync(
            session =>
            {
                session.Write(writes);
                return true;
            },
            cancellationToken));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref this.worker, null) is { } worker)
        {
            worker.Dispose();
            LogClosed(path);
        }
    }

    private SqliteWorker Worker =>
        worker ?? throw new StorageException(StorageFault.Device, $"The row store {path} is not open.");

    /// <summary>SQLite would let everybody read a file that it makes; its write-ahead log takes the file's mode. An empty file is a new one to it.</summary>
    private void MakeFile()
    {
        if (OperatingSystem.IsWindows() || File.Exists(path))
        {
            return;
        }

        try
        {
            using var file = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.Write,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(StorageFault.Device, $"{path} cannot be made: {exception.Message}", exception);
        }
    }

    private bool Prepare(SqliteSession session)
    {
        // Exclusive: the lock is held from the first access to the end, and no shared-memory file is needed.
        session.Execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=16777216;");
        var version = session.Scalar("PRAGMA user_version");
        if (version > SchemaVersion)
        {
            throw new StorageException(
                StorageFault.NewerVersion,
                $"{path} has layout {version}, written by a newer release; this one knows layouts up to {SchemaVersion}. Start the newer release, or restore a copy made before the upgrade.");
        }

        // Pages that are gone can read as empty: streams would be missing without a word.
        if (session.Text("PRAGMA quick_check(1)") is var verdict and not "ok")
        {
            throw new StorageException(StorageFault.Corrupt, $"{path} is damaged: {verdict}. Restore the data directory from a backup.");
        }

        if (version == 0)
        {
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"""
                BEGIN IMMEDIATE;
                CREATE TABLE rows (
                    partition TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, value BLOB NOT NULL,
                    PRIMARY KEY (partition, key)) WITHOUT ROWID;
                PRAGMA user_version={SchemaVersion};
                COMMIT;
                """));
        }

        if (maxPages > 0)
        {
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count={maxPages}"));
        }

        return true;
    }
}
