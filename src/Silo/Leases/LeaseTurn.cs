using Broker.Contracts.Errors;

namespace Broker.Silo.Leases;

/// <summary>One call's part in a round of a lease table: its change, its answer, and who waits for it.</summary>
internal abstract class LeaseTurn
{
    public abstract void Change(LeaseTable table);

    public abstract void Answer(LeaseTable table);

    /// <summary>What was changed is durable.</summary>
    public abstract void Complete();

    public abstract void Fail(BrokerException fault);
}
