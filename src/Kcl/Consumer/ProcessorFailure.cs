namespace Broker.Kcl.Consumer;

/// <summary>What is done when a processor throws.</summary>
public enum ProcessorFailure
{
    /// <summary>
    /// The same call is made again after a pause that doubles from <see cref="BrokerConsumerOptions.RetryDelay"/> to
    /// <see cref="BrokerConsumerOptions.MaxRetryDelay"/>, until it succeeds or the lease ends. The shard waits, others go on. Nothing is skipped.
    /// </summary>
    Retry,

    /// <summary>
    /// A batch that fails is left behind, as in KCL: its records are lost to the application once a later one is checkpointed. Other calls
    /// are made again.
    /// </summary>
    Skip,

    /// <summary>
    /// The shard is given back after a pause of <see cref="BrokerConsumerOptions.RetryDelay"/>; whoever has it next, this worker or another,
    /// begins with a new processor at the last checkpoint. The one that failed is told by <see cref="IRecordProcessor.LeaseLostAsync"/>.
    /// </summary>
    Release,

    /// <summary>The consumer stops: other shards' processors are asked to shut down, and <see cref="BrokerConsumer.RunAsync"/> throws.</summary>
    Stop,
}
