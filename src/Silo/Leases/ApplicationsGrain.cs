using Broker.Contracts.Grains;
using Broker.Contracts.Leases;
using Broker.Silo.Leases.Rows;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams;
using Orleans.Concurrency;

namespace Broker.Silo.Leases;

/// <summary>Lists applications straight from their rows; keeps nothing.</summary>
[StatelessWorker]
public sealed class ApplicationsGrain(IRowStore rows) : Grain, IApplicationsGrain
{
    public async Task<ApplicationListPage> ListAsync(string? afterName, int limit)
    {
        try
        {
            var page = await rows.ListAsync(LeaseRowKeys.Applications(this.GetPrimaryKeyString()), afterName, limit + 1, CancellationToken.None);
            return new ApplicationListPage(
                [.. page.Take(limit).Select(row => LeaseTable.EntryOf(row.Key.Key, RowCodec.Decode(row, LeaseRowsJson.Default.ApplicationRow)))],
                page.Count > limit);
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }
    }
}
