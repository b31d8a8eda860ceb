using Broker.V1;

namespace Broker.Kcl.Producer;

/// <summary>Told by <see cref="ProduceLink"/> what became of batches; each batch once, on the connection's loop, which must not be held up.</summary>
internal interface IBatchOutcomes
{
    /// <summary>It is durable.</summary>
    void Keep(Batch batch, ProduceAck ack);

    /// <summary>It failed for good.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="code">Why.</param>
    /// <param name="message">The same in words.</param>
    /// <param name="mayBeStored">Whether some of it may be durable all the same.</param>
    void Break(Batch batch, string code, string message, bool mayBeStored);

    /// <summary>The broker refuses the session itself: nothing that waits can succeed.</summary>
    /// <returns>Batches that waited.</returns>
    int BreakAll(string code, string message);
}
