namespace Broker.Kcl.Producer;

/// <summary>Keeps or breaks the promises of a batch, on the pool: one hop a batch instead of one a record.</summary>
/// <remarks>
/// Who awaits a put goes on right here. Should one block, another thread of the pool goes on with the rest: before each round the work is
/// queued once more, and whoever finds nothing left returns.
/// </remarks>
internal sealed class Completion : IThreadPoolWorkItem
{
    private readonly Batch batch;
    private readonly PutPromise[] promises;
    private readonly (RecordPlace Place, int Offset)[]? places;
    private readonly RecordPlace? single;
    private readonly int[]? firstOfGroup;
    private readonly IReadOnlyList<PutAttempt> attempts;
    private readonly string? code;
    private readonly string message;
    private readonly bool mayBeStored;
    private int next;
    private int settled;

    private Completion(Batch batch, RecordPlace? single, (RecordPlace, int)[]? places, string? code, string message, bool mayBeStored)
    {
        this.batch = batch;
        this.single = single;
        this.places = places;
        this.code = code;
        this.message = message;
        this.mayBeStored = mayBeStored;
        promises = batch.Promises.ToArray();
        attempts = batch.Attempts;
        if (batch.Groups is { } groups)
        {
            firstOfGroup = new int[groups.Count];
            for (var i = 1; i < groups.Count; i++)
            {
                firstOfGroup[i] = firstOfGroup[i - 1] + groups[i - 1];
            }
        }
    }

    /// <param name="batch">A batch whose records are durable.</param>
    /// <param name="single">Where they are, when that is one run.</param>
    /// <param name="places">Where each is otherwise.</param>
    public static void Keep(Batch batch, RecordPlace? single, (RecordPlace, int)[]? places) =>
        new Completion(batch, single, places, null, "", false).Queue();

    /// <param name="batch">A batch that is given up.</param>
    /// <param name="code">Why.</param>
    /// <param name="message">The same in words.</param>
    /// <param name="mayBeStored">Whether its records may be durable all the same.</param>
    public static void Break(Batch batch, string code, string message, bool mayBeStored) =>
        new Completion(batch, null, null, code, message, mayBeStored).Queue();

    public void Execute()
    {
        if (Volatile.Read(ref next) >= promises.Length)
        {
            return;
        }

        if (promises.Length - Volatile.Read(ref next) > 1)
        {
            Queue();
        }

        for (int i; (i = Interlocked.Increment(ref next) - 1) < promises.Length;)
        {
            Settle(i);
            if (Interlocked.Increment(ref settled) == promises.Length)
            {
                batch.SignalDone();
            }
        }
    }

    private void Queue() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    private void Settle(int index)
    {
        var promise = promises[index];
        var all = promise.Earlier is { } earlier ? [.. earlier, .. attempts] : attempts;
        if (code is not null)
        {
            promise.TrySetException(new PutFailedException(code, message, mayBeStored, all));
            return;
        }

        var (record, sub) = (index, 0);
        if (firstOfGroup is not null)
        {
            var at = Array.BinarySearch(firstOfGroup, index);
            record = at >= 0 ? at : ~at - 1;
            sub = index - firstOfGroup[record];
        }

        var (place, offset) = single is not null ? (single, record) : places![record];
        promise.TrySetResult(new PutResult(place, offset, sub, all));
    }
}
