namespace Broker.Kcl.Consumer;

/// <summary>Tells the broker how far a shard is processed. From any thread; calls go one after another.</summary>
/// <remarks>
/// A checkpoint is durable when its task is complete. Lost connections and passing errors are waited out, up to the lease's loss. A
/// checkpoint below the last one is refused.
/// </remarks>
public interface IShardCheckpointer
{
    /// <summary>Checkpoints all records that the processor was given so far; in <see cref="IRecordProcessor.ShardEndedAsync"/> the shard's end.</summary>
    /// <param name="cancellation">Gives up waiting; the checkpoint may come to pass.</param>
    /// <exception cref="LeaseLostException">The shard is another's.</exception>
    Task CheckpointAsync(CancellationToken cancellation = default);

    /// <summary>Checkpoints a record and all before it.</summary>
    /// <param name="record">Given to the processor. A part of an aggregated record too: whoever goes on begins with the part after it.</param>
    /// <param name="cancellation">Gives up waiting; the checkpoint may come to pass.</param>
    /// <exception cref="LeaseLostException">The shard is another's.</exception>
    /// <exception cref="ArgumentException">The record was not given to the processor, or lies below the last checkpoint.</exception>
    Task CheckpointAsync(ConsumerRecord record, CancellationToken cancellation = default);

    /// <summary>Checkpoints a place and all records up to it.</summary>
    /// <param name="position">Of a record that was given to the processor.</param>
    /// <param name="cancellation">Gives up waiting; the checkpoint may come to pass.</param>
    /// <exception cref="LeaseLostException">The shard is another's.</exception>
    /// <exception cref="ArgumentException">The place lies beyond what the processor was given, or below the last checkpoint.</exception>
    Task CheckpointAsync(RecordPosition position, CancellationToken cancellation = default);

    /// <summary>
    /// Announces a checkpoint: whoever takes the shard over before it is made is told by <see cref="ShardLease.PendingCheckpoint"/>, and
    /// begins at the last checkpoint all the same.
    /// </summary>
    /// <inheritdoc cref="CheckpointAsync(RecordPosition, CancellationToken)"/>
    Task PrepareCheckpointAsync(RecordPosition position, CancellationToken cancellation = default);
}
