namespace Broker.Kcl.Consumer;

/// <summary>How records come.</summary>
public enum RetrievalMode
{
    /// <summary>As they become durable, ahead of the processor within bounds.</summary>
    Push,

    /// <summary>A shard's next records are asked for when its processor is done with the last and <see cref="BrokerConsumerOptions.IdleTimeBetweenReads"/> is over.</summary>
    Polling,
}
