using Broker.Cli.Client;
using Broker.Kcl.Producer;

namespace Broker.Cli.Bench;

/// <summary>Puts through one producer of the .NET client library: each worker awaits one record at a time.</summary>
internal sealed class ClientLoad : IAsyncDisposable
{
    /// <summary>How many puts a worker counts at once, and of how many it measures one.</summary>
    private const int Sample = 8;

    private const int Variety = 64;
    private readonly BrokerProducer producer;
    private readonly int recordBytes;
    private readonly PayloadKind kind;

    public ClientLoad(BrokerEndpoint endpoint, string stream, int recordBytes, PayloadKind kind, int inFlightOfShard)
    {
        this.recordBytes = recordBytes;
        this.kind = kind;
        producer = new BrokerProducer(new BrokerProducerOptions
        {
            StreamName = stream,
            Endpoints = [endpoint.Address, .. endpoint.Others],
            Credentials = endpoint.Credentials,
            ConfigureHandler = handler => handler.SslOptions = BrokerConnection.SslOptions(endpoint),
            MaxInFlightBatchesPerShard = Math.Min(inFlightOfShard, 16),
        });
    }

    public async Task RunAsync(int worker, LoadPlan plan, LoadCounter counter, LatencyRecorder latency, CancellationToken cancellation)
    {
        var records = PreparedBatches.Entries(worker, Variety / PreparedBatches.Variety, recordBytes, kind)
            .SelectMany(batch => batch.Select(entry => new PutRecord(entry.PartitionKey, entry.Data.Memory))).ToArray();
        var uncounted = 0;
        for (var sent = 0; await plan.NextAsync(1, cancellation) is { } due; sent++)
        {
            try
            {
                await producer.PutAsync(records[sent % records.Length], cancellation);
                if (++uncounted == Sample)
                {
                    latency.AddSince(due);
                    counter.Add(uncounted, (long)uncounted * recordBytes);
                    uncounted = 0;
                }
            }
            catch (PutFailedException e)
            {
                counter.Fail(1, e.Message);
            }
        }

        counter.Add(uncounted, (long)uncounted * recordBytes);
    }

    public ValueTask DisposeAsync() => producer.DisposeAsync();
}
