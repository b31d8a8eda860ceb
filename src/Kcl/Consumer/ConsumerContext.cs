using Microsoft.Extensions.Logging;

namespace Broker.Kcl.Consumer;

/// <summary>What the shards of a consumer share.</summary>
/// <param name="Options">The consumer's.</param>
/// <param name="Factory">Makes processors.</param>
/// <param name="Metrics">Counts.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Told what happens.</param>
/// <param name="Fail">Stops the consumer, for what a processor threw.</param>
internal sealed record ConsumerContext(
    BrokerConsumerOptions Options,
    IRecordProcessorFactory Factory,
    ConsumerMetrics Metrics,
    TimeProvider Time,
    ILogger Logger,
    Action<ShardLease, Exception> Fail);
