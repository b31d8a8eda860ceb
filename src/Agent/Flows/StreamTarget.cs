using Broker.Agent.Configuration;
using Broker.Kcl.Producer;
using Microsoft.Extensions.Logging;

namespace Broker.Agent.Flows;

/// <summary>A stream of a broker, by the client library's producer.</summary>
internal sealed class StreamTarget : IRecordTarget
{
    private readonly BrokerProducer producer;

    public StreamTarget(FlowConfiguration flow, BrokerConnectionSettings connection, ILoggerFactory loggers)
    {
        producer = new BrokerProducer(
            new BrokerProducerOptions
            {
                StreamName = flow.StreamName,
                Endpoints = [.. connection.Endpoints],
                Credentials = connection.Credentials,
                ConfigureHandler = connection.ConfigureHandler,
                MaxBufferedTime = flow.MaxBufferAge,
                MaxBatchRecords = flow.MaxBufferRecords,
                MaxBatchBytes = flow.MaxBufferBytes,
                RetryDelay = flow.RetryInitial,
                MaxRetryDelay = flow.RetryMost,
                RecordTimeToLive = TimeSpan.FromMinutes(5),

                // The flow has bounds of its own, well below these, so that a put never waits with bytes that are not its own.
                MaxOutstandingRecords = FlowRunner.MaxPendingRecords * 2,
                MaxOutstandingBytes = FlowRunner.MaxPendingBytes * 4,
            },
            loggers.CreateLogger<BrokerProducer>());
    }

    public Task PutAsync(string partitionKey, ReadOnlyMemory<byte> data) => producer.PutAsync(partitionKey, data);

    public Task FlushAsync(CancellationToken cancellation) => producer.FlushAsync(cancellation);

    public ValueTask DisposeAsync() => producer.DisposeAsync();
}
