using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Hosting;

/// <summary>Refuses to start with metadata that is older than the log: what it gave names to would be given to other streams again.</summary>
/// <remarks>
/// Comes after the log and the rows. A stream's generation is durable in the rows before the first record is in the log, so that the
/// log never holds a newer one, unless metadata.db or its write-ahead log was removed, or was restored without the log.
/// </remarks>
internal sealed class MetadataPresence(EmbeddedLogComponent log, IRowStore rows) : IStorageComponent
{
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        var counter = await rows.GetAsync(RowKeys.LastGeneration, cancellationToken);
        var given = counter is null ? 0 : RowCodec.Decode(counter, StreamRowsJson.Default.CounterRow).Value;
        if (log.NewestStream.Value > given)
        {
            throw new StorageException(
                StorageFault.Corrupt,
                $"The log holds stream generation {log.NewestStream}, but {SqliteRowStore.FileName} knows none above {given}: it, or {SqliteRowStore.FileName}-wal, was removed or is older than the log. Restore the data directory from a backup.");
        }
    }

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
