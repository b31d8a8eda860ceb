using Broker.Silo.Storage.Embedded.Journals;

namespace Broker.Silo.Storage.Embedded;

/// <summary>What of a journal file lives on.</summary>
internal sealed record FilePlan(JournalFile File, IReadOnlyList<RowPlan> Rows)
{
    public long LivingBytes { get; } = Rows.Sum(row => row.LivingBytes);
}
