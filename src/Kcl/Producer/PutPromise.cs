namespace Broker.Kcl.Producer;

/// <summary>What the caller of a put waits for; the one object that a record costs beside its bytes.</summary>
/// <remarks>
/// Continuations run where it is completed, which <see cref="Completion"/> sees to: on the pool, one after another, and never in the way of
/// the connection.
/// </remarks>
internal sealed class PutPromise : TaskCompletionSource<PutResult>
{
    /// <summary>Sendings of batches before the one that the record is in now.</summary>
    public IReadOnlyList<PutAttempt>? Earlier { get; set; }
}
