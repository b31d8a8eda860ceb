namespace Broker.Silo.Storage.Rows;

/// <summary>Small durable rows with versions: the catalogue, shard lineage, consumers, leases, and the grains' own state.</summary>
/// <remarks>
/// Rows are sorted by key (ordinal) within a partition. A write is atomic over all its rows, conditional on their versions, and
/// durable on return, exactly as records are. May be called from any thread.
/// </remarks>
public interface IRowStore
{
    ValueTask<Row?> GetAsync(RowKey key, CancellationToken cancellationToken);

    /// <summary>Rows of a partition after a key (null: from the first), in key order, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<Row>> ListAsync(string partition, string? afterKey, int limit, CancellationToken cancellationToken);

    /// <summary>Writes all rows or none.</summary>
    /// <exception cref="RowConflictException">A row is not at the version that the write expects; nothing was written.</exception>
    /// <exception cref="StorageException">No room or a failing device; nothing was written, or, where the message says so, it is unknown.</exception>
    ValueTask WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken cancellationToken);
}
