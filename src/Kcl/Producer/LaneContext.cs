namespace Broker.Kcl.Producer;

/// <summary>What all lanes of a producer share.</summary>
/// <param name="Options">The producer's options.</param>
/// <param name="Time">The clock.</param>
/// <param name="Enqueue">Told that a lane has a batch to send; a lane is queued once at a time.</param>
internal sealed record LaneContext(BrokerProducerOptions Options, TimeProvider Time, Action<Lane> Enqueue)
{
    /// <summary>A batch takes no records after this, so that its records expire nearly together.</summary>
    public TimeSpan MaxBatchAge { get; } = Options.RecordTimeToLive / 8 > Options.MaxBufferedTime ? Options.RecordTimeToLive / 8 : Options.MaxBufferedTime;
}
