using Broker.Cli.Client;

namespace Broker.Cli.Bench;

/// <summary>Puts prepared batches through Produce: one connection and session a producer.</summary>
internal sealed class ProduceLoad(
    BrokerEndpoint endpoint, string stream, int batchRecords, int recordBytes, PayloadKind kind, int maxInFlight, TimeProvider time)
{
    public async Task RunAsync(int worker, LoadPlan plan, LoadCounter counter, LatencyRecorder latency, CancellationToken cancellation)
    {
        using var connection = BrokerConnection.Open(endpoint);
        var options = new ProducerOptions { MaxInFlightBatches = maxInFlight, ReconnectFor = TimeSpan.FromSeconds(10) };
        await using var session = await ProducerSession.OpenAsync(connection.Invoker, stream, options, cancellation, time);
        var batches = PreparedBatches.Serialized(worker, batchRecords, recordBytes, kind);
        using var done = new SemaphoreSlim(0);
        var sent = 0;
        while (await plan.NextAsync(batchRecords, cancellation) is { } due)
        {
            var ticket = await session.SendAsync(batches[sent++ % batches.Length], batchRecords, cancellation);
            _ = CountAsync(ticket, due);
        }

        for (; sent > 0; sent--)
        {
            await done.WaitAsync(cancellation);
        }

        async Task CountAsync(ProduceTicket ticket, long due)
        {
            try
            {
                if (await ticket.Acknowledged is { ErrorCode.Length: > 0 } refused)
                {
                    counter.Fail(batchRecords, $"{refused.ErrorCode}: {refused.ErrorMessage}");
                    return;
                }

                latency.AddSince(due);
                counter.Add(batchRecords, (long)batchRecords * recordBytes);
            }
            catch (Exception e)
            {
                counter.Fail(batchRecords, e.Message);
            }
            finally
            {
                done.Release();
            }
        }
    }
}
