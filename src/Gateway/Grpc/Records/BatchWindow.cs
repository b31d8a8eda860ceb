using Broker.Contracts.Limits;

namespace Broker.Gateway.Grpc.Records;

/// <summary>Holds a producer's batches back that would leave an unanswered one of its own behind the window in which shards know repeats. Thread-safe.</summary>
/// <remarks>
/// Acknowledgements overtake each other: while one shard is away, a producer goes on with the others. Were the two to merge, the batch that
/// waited would be too old for the child to tell whether it was taken.
/// </remarks>
internal sealed class BatchWindow
{
    private readonly Lock sync = new();
    private readonly SortedSet<ulong> open = [];
    private TaskCompletionSource? moved;

    /// <summary>Waits until the oldest unanswered batch is less than a window behind, and counts the batch in.</summary>
    public async ValueTask EnterAsync(ulong number, CancellationToken cancellation)
    {
        while (true)
        {
            Task behind;
            lock (sync)
            {
                if (open.Count == 0 || number < open.Min || number - open.Min < ProducerLimits.WindowBatches)
                {
                    open.Add(number);
                    return;
                }

                moved ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                behind = moved.Task;
            }

            await behind.WaitAsync(cancellation);
        }
    }

    /// <summary>A batch is answered.</summary>
    public void Leave(ulong number)
    {
        lock (sync)
        {
            open.Remove(number);
            moved?.SetResult();
            moved = null;
        }
    }
}
