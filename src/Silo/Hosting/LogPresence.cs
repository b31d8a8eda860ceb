using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Rows;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Hosting;

/// <summary>Refuses to start with metadata beside no log: its streams' records are gone, and a new log would hide that.</summary>
/// <remarks>Comes before the log, which makes its directory. At the first start of all the log is made before the metadata is.</remarks>
internal sealed class LogPresence(IOptions<BrokerStorageOptions> storage, IOptions<EmbeddedLogOptions> log) : IStorageComponent
{
    public ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        var metadata = Path.Combine(storage.Value.DataDirectory, SqliteRowStore.FileName);
        var directory = log.Value.DataDirectory;
        return File.Exists(metadata) && !File.Exists(Path.Combine(directory, FileNames.Meta))
            ? throw new StorageException(
                StorageFault.Corrupt,
                $"{metadata} is there, but the log in {directory} is not: the records of its streams are gone. Restore the data directory from a backup, or remove {metadata} to begin anew.")
            : ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
