using System.Text;
using Broker.Kcl.Consumer;

namespace Broker.Tests.GroupWorker;

/// <summary>Writes down all that happens to a lease: granted, records, checkpoints that are durable, its end.</summary>
internal sealed class LoggingProcessor(WorkerLog log) : IRecordProcessor
{
    private string lease = "";

    public Task InitializeAsync(ShardLease lease, CancellationToken lost)
    {
        this.lease = $"{lease.ShardId} {lease.LeaseCounter}";
        log.Add($"granted {this.lease} {lease.Checkpoint.Position?.SequenceNumber ?? "0"} {string.Join(',', lease.ParentShards)}");
        return Task.CompletedTask;
    }

    public async Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
    {
        log.Add(batch.Records.Select(record => $"record {lease} {record.SequenceNumber} {record.PartitionKey} {Encoding.UTF8.GetString(record.Data.Span)}"));

        // Time to be killed in.
        await Task.Delay(Random.Shared.Next(20), CancellationToken.None);
        await batch.CheckpointAsync(lost);
        log.Add($"checkpoint {lease} {batch.Records[^1].SequenceNumber}");
    }

    public Task LeaseLostAsync()
    {
        log.Add($"lost {lease}");
        return Task.CompletedTask;
    }

    public async Task ShardEndedAsync(IShardCheckpointer checkpointer, CancellationToken lost)
    {
        log.Add($"ended {lease}");
        await checkpointer.CheckpointAsync(lost);
    }

    public Task ShutdownRequestedAsync(IShardCheckpointer checkpointer, CancellationToken lost)
    {
        log.Add($"shutdown {lease}");
        return Task.CompletedTask;
    }
}
