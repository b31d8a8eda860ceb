using System.Diagnostics;
using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Appending;

/// <summary>One put on its way: its records' outcomes gather here, from several shards, until there is one for each. Thread-safe.</summary>
/// <param name="recordCount">Records, at least 1.</param>
/// <param name="bytes">Encoded bytes that are in flight until the batch is done.</param>
/// <param name="identity">The client's identity for the batch; null has the gateway give one.</param>
/// <param name="isDivisible">Whether a shard that admits only some of the records may take these alone.</param>
/// <param name="deadline">Timestamp of the clock after which no further attempt is made.</param>
public sealed class AppendBatch(int recordCount, long bytes, BatchIdentity? identity, bool isDivisible, long deadline)
{
    private static long lastOrder;

    private readonly Lock sync = new();
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open = recordCount;

    /// <summary>Where the records are. Complete, and no longer changed, when <see cref="Completion"/> is.</summary>
    public List<AppendPart> Parts { get; } = new(1);

    /// <summary>Which records failed, likewise.</summary>
    public List<AppendFault> Faults { get; } = new(0);

    public Task Completion => done.Task;

    public int RecordCount { get; } = recordCount;

    public long Bytes { get; } = bytes;

    /// <summary>The span that the put belongs to; the default where it is not traced.</summary>
    internal ActivityContext Trace { get; init; }

    internal BatchIdentity? Identity { get; } = identity;

    internal bool IsDivisible { get; } = isDivisible;

    internal long Deadline { get; } = deadline;

    /// <summary>Rises with every batch of this process: what order means where portions of several shards come together.</summary>
    internal long Order { get; } = Interlocked.Increment(ref lastOrder);

    /// <summary>The client sent the batch before: that copy may still be on its way, so that no refusal of this one is the last word.</summary>
    internal bool IsRepeat { get; init; }

    /// <summary>How the records that were taken are encrypted at rest: KMS where all of them are.</summary>
    public EncryptionType EncryptionType => Parts.Count > 0 && Parts.TrueForAll(static part => part.EncryptionType == EncryptionType.Kms)
        ? EncryptionType.Kms
        : EncryptionType.None;

    internal void Took(AppendPart part)
    {
        bool isDone;
        lock (sync)
        {
            Parts.Add(part);
            isDone = (open -= part.Indexes.Length) == 0;
        }

        if (isDone)
        {
            done.TrySetResult();
        }
    }

    internal void Failed(AppendFault fault)
    {
        bool isDone;
        lock (sync)
        {
            Faults.Add(fault);
            isDone = (open -= fault.Indexes.Length) == 0;
        }

        if (isDone)
        {
            done.TrySetResult();
        }
    }
}
