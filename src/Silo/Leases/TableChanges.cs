using Broker.Contracts.Shards;
using Broker.Silo.Leases.Rows;

namespace Broker.Silo.Leases;

/// <summary>What turns changed of a lease table.</summary>
/// <param name="Application">The application's row; null where it is as it was.</param>
/// <param name="Leases">Leases that are new, other or gone.</param>
internal sealed record TableChanges(RowChange<ApplicationRow>? Application, IReadOnlyList<KeyValuePair<ShardKey, RowChange<LeaseRow>>> Leases)
{
    public bool IsEmpty => Application is null && Leases.Count == 0;
}
