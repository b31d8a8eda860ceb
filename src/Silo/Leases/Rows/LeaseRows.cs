using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;

namespace Broker.Silo.Leases.Rows;

/// <summary>Reads and writes the rows of one application.</summary>
internal sealed class LeaseRows(IRowStore rows, string account, string application)
{
    private const int PageRows = 4_096;

    /// <summary>Fills a table with what is durable.</summary>
    /// <exception cref="StorageException">The rows cannot be read, or one is damaged.</exception>
    public async Task LoadAsync(LeaseTable table)
    {
        var row = await rows.GetAsync(LeaseRowKeys.Application(account, application), CancellationToken.None);
        var leases = new List<Lease>();
        var partition = LeaseRowKeys.Leases(account, application);
        IReadOnlyList<Row> page;
        string? last = null;
        do
        {
            page = await rows.ListAsync(partition, last, PageRows, CancellationToken.None);
            leases.AddRange(page.Select(Decode));
            last = page.Count == 0 ? null : page[^1].Key.Key;
        }
        while (page.Count == PageRows);

        table.Load(row is null ? null : RowCodec.Decode(row, LeaseRowsJson.Default.ApplicationRow), row?.Version ?? 0, leases);
    }

    /// <summary>Writes all of a table's changes or none.</summary>
    /// <exception cref="RowConflictException">Another activation wrote meanwhile.</exception>
    /// <exception cref="StorageException">Nothing was written, or it is unknown.</exception>
    public ValueTask WriteAsync(TableChanges changes)
    {
        var writes = new List<RowWrite>();
        if (changes.Application is { } changed)
        {
            writes.Add(new RowWrite(
                LeaseRowKeys.Application(account, application),
                changed.Row is { } row ? RowCodec.Encode(row, LeaseRowsJson.Default.ApplicationRow) : default(ReadOnlyMemory<byte>?),
                changed.Version));
        }

        foreach (var (shard, change) in changes.Leases)
        {
            writes.Add(new RowWrite(
                LeaseRowKeys.Lease(account, application, shard),
                change.Row is { } row ? RowCodec.Encode(row, LeaseRowsJson.Default.LeaseRow) : default(ReadOnlyMemory<byte>?),
                change.Version));
        }

        return rows.WriteAsync(writes, CancellationToken.None);
    }

    private static Lease Decode(Row row)
    {
        try
        {
            return new Lease(LeaseRowKeys.ShardOf(row.Key), RowCodec.Decode(row, LeaseRowsJson.Default.LeaseRow), row.Version);
        }
        catch (FormatException exception)
        {
            throw new StorageException(StorageFault.Corrupt, $"Row {row.Key} is damaged: {exception.Message}", exception);
        }
    }
}
