namespace Broker.Kcl.Consumer;

/// <summary>Records of one shard, in order.</summary>
/// <param name="Lease">The shard.</param>
/// <param name="Records">The records; none only with <see cref="BrokerConsumerOptions.ProcessEmptyBatches"/>.</param>
/// <param name="BehindLatest">How far behind the shard's newest record they end; zero when caught up.</param>
/// <param name="Checkpointer">Checkpoints them; good until the lease ends, also after the batch.</param>
public sealed record RecordBatch(ShardLease Lease, IReadOnlyList<ConsumerRecord> Records, TimeSpan BehindLatest, IShardCheckpointer Checkpointer)
{
    /// <summary>Checkpoints all records that the processor was given so far, this batch's too.</summary>
    /// <inheritdoc cref="IShardCheckpointer.CheckpointAsync(CancellationToken)"/>
    public Task CheckpointAsync(CancellationToken cancellation = default) => Checkpointer.CheckpointAsync(cancellation);

    /// <inheritdoc cref="IShardCheckpointer.CheckpointAsync(ConsumerRecord, CancellationToken)"/>
    public Task CheckpointAsync(ConsumerRecord record, CancellationToken cancellation = default) => Checkpointer.CheckpointAsync(record, cancellation);
}
