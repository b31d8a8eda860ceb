using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Broker.Kcl.Consumer;

namespace Broker.Tests.Unit.Kcl.Consumer;

/// <summary>Tells the test what is called, in order, and does what the test says.</summary>
internal sealed class RecordingProcessor(int number, ChannelWriter<string> told) : IRecordProcessor, IAsyncDisposable
{
    /// <summary>What the first processing does, by the processor's number.</summary>
    public Func<RecordBatch, CancellationToken, Task> Process { get; init; } = (_, _) => Task.CompletedTask;

    public Func<IShardCheckpointer, Task> ShuttingDown { get; init; } = _ => Task.CompletedTask;

    public ShardLease? Lease { get; private set; }

    public ConcurrentQueue<ConsumerRecord> Records { get; } = new();

    public Task InitializeAsync(ShardLease lease, CancellationToken lost)
    {
        Lease = lease;
        return Tell($"initialize {lease.ShardId[^1]} {lease.Checkpoint}");
    }

    public async Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
    {
        await Tell($"process {string.Join(',', batch.Records.Select(record => Encoding.UTF8.GetString(record.Data.Span)))}");
        foreach (var record in batch.Records)
        {
            Records.Enqueue(record);
        }

        await Process(batch, lost);
    }

    public Task LeaseLostAsync() => Tell("lost");

    public Task ShardEndedAsync(IShardCheckpointer checkpointer, CancellationToken lost) => Tell("ended");

    public async Task ShutdownRequestedAsync(IShardCheckpointer checkpointer, CancellationToken lost)
    {
        await Tell("shutdown");
        await ShuttingDown(checkpointer);
    }

    public async ValueTask DisposeAsync() => await Tell("dispose");

    private Task Tell(string what)
    {
        told.TryWrite($"{number}: {what}");
        return Task.CompletedTask;
    }
}
