using Broker.Silo.Storage.Embedded.Indexes;

namespace Broker.Silo.Storage.Embedded;

/// <summary>What of a shard's blocks in one file lives on.</summary>
/// <param name="Row">The shard's row.</param>
/// <param name="LivesFrom">The first ordinal that lives; the row's end where none does.</param>
/// <param name="KeptState">The ordinal of a control block before that which is kept as the shard's newest; -1 is none.</param>
/// <param name="LivingBytes">Bytes of what is kept.</param>
internal readonly record struct RowPlan(IndexRow Row, long LivesFrom, long KeptState, long LivingBytes)
{
    public bool Keeps(in IndexEntry entry) => entry.Ordinal >= LivesFrom || entry.Ordinal == KeptState;
}
