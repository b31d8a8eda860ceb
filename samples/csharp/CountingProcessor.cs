using Broker.Kcl.Consumer;

namespace Broker.Samples.CountRecords;

/// <summary>Counts the records of a shard; a checkpoint follows each batch.</summary>
internal sealed class CountingProcessor(Counter counter) : IRecordProcessor
{
    public Task InitializeAsync(ShardLease lease, CancellationToken lost)
    {
        Console.WriteLine($"{lease.ShardId} is mine");
        return Task.CompletedTask;
    }

    public async Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
    {
        Console.WriteLine($"{batch.Lease.ShardId} {batch.Records.Count} records, {counter.Add(batch.Records.Count)} in all");
        await batch.CheckpointAsync(lost);
    }

    public Task ShutdownRequestedAsync(IShardCheckpointer checkpointer, CancellationToken lost) => checkpointer.CheckpointAsync(lost);
}
