using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;

namespace Broker.Tests.Cluster.Hosting;

/// <summary>Rows that stop being written at a chosen write, as if the process had died there: before it landed, or after.</summary>
public sealed class FaultyRowStore(IRowStore inner) : IRowStore
{
    private readonly TaskCompletionSource tripped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int left = int.MaxValue;

    public bool LandsFirst { get; set; }

    public int Writes { get; private set; }

    /// <summary>Completes when the fault struck; from then on every write fails.</summary>
    public Task Tripped => tripped.Task;

    public void FailAfter(int writes) => (Writes, left) = (0, writes);

    public ValueTask<Row?> GetAsync(RowKey key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

    public ValueTask<IReadOnlyList<Row>> ListAsync(string partition, string? afterKey, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(partition, afterKey, limit, cancellationToken);

    public async ValueTask WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken cancellationToken)
    {
        // The sweeper's floor is written at no fixed time: it is no step of an operation.
        if (writes.Any(write => write.Key.Key == "expiry-floor"))
        {
            return;
        }

        Writes++;
        if (--left < 0)
        {
            if (LandsFirst && !tripped.Task.IsCompleted)
            {
                await inner.WriteAsync(writes, cancellationToken);
            }

            tripped.TrySetResult();
            throw new StorageException(StorageFault.Device, "The device is gone (injected).");
        }

        await inner.WriteAsync(writes, cancellationToken);
    }
}
