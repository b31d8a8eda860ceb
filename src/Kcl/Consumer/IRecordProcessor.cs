namespace Broker.Kcl.Consumer;

/// <summary>Processes the records of one shard, from when its lease is granted to when it is lost, handed over or at the shard's end.</summary>
/// <remarks>
/// <para>
/// One is made for each lease by an <see cref="IRecordProcessorFactory"/>. Its methods are called one at a time, from the thread pool;
/// those of other shards at the same time. The first is <see cref="InitializeAsync"/>, the last exactly one of <see cref="LeaseLostAsync"/>,
/// <see cref="ShardEndedAsync"/> and <see cref="ShutdownRequestedAsync"/>; then it is disposed of, where it can be. The next processor of
/// the shard in the same process begins after that.
/// </para>
/// <para>
/// Records come at least once and in order. What was not checkpointed comes again to whoever has the shard next. What a method throws is
/// dealt with as <see cref="BrokerConsumerOptions.OnProcessorFailure"/> says.
/// </para>
/// </remarks>
public interface IRecordProcessor
{
    /// <summary>A shard is this processor's.</summary>
    /// <param name="lease">The shard, and from where on it is processed.</param>
    /// <param name="lost">Cancelled when the lease is lost, or the time to stop is over.</param>
    Task InitializeAsync(ShardLease lease, CancellationToken lost) => Task.CompletedTask;

    /// <summary>Records of the shard; the next come when the task is complete.</summary>
    /// <param name="batch">The records, with what checkpoints them.</param>
    /// <param name="lost">Cancelled when the lease is lost, or the time to stop is over.</param>
    Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost);

    /// <summary>The shard is another's; nothing of it can be checkpointed here any more.</summary>
    Task LeaseLostAsync() => Task.CompletedTask;

    /// <summary>All records of the shard are processed. The shard's end is checkpointed when the task is complete, if it was not before.</summary>
    /// <param name="checkpointer"><see cref="IShardCheckpointer.CheckpointAsync(CancellationToken)"/> checkpoints the end; then children can be given.</param>
    /// <param name="lost">Cancelled when the lease is lost, or the time to stop is over.</param>
    Task ShardEndedAsync(IShardCheckpointer checkpointer, CancellationToken lost) => Task.CompletedTask;

    /// <summary>
    /// The shard is to go to another worker, or the consumer stops: the last occasion to checkpoint what is processed. Records that were
    /// received and not given to the processor are dropped: they come again elsewhere.
    /// </summary>
    /// <param name="checkpointer">Checkpoints.</param>
    /// <param name="lost">Cancelled when the lease is lost, or the time to stop is over.</param>
    Task ShutdownRequestedAsync(IShardCheckpointer checkpointer, CancellationToken lost) => Task.CompletedTask;
}
