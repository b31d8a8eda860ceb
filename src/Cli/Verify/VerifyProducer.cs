using System.Text;
using Broker.Cli.Client;
using Broker.Contracts.Shards;
using Broker.V1;

namespace Broker.Cli.Verify;

/// <summary>Puts numbered records under its keys in turn, and tells the ledger what is acknowledged.</summary>
internal sealed class VerifyProducer(int index, string run, VerifyOptions options, VerifyLedger ledger, TimeProvider time)
{
    private readonly BatchBuilder builder = new();
    private readonly List<VerifyRecord> batch = [];
    private readonly long[] numbers = new long[options.KeysPerProducer];
    private readonly byte[] data = new byte[Math.Max(options.RecordBytes, 96)];
    private readonly List<Task> counting = [];
    private int nextKey;

    /// <summary>Puts until there are enough or <paramref name="stop"/>; then waits for the last acknowledgement.</summary>
    public async Task RunAsync(ProducerSession session, long? records, CancellationToken stop, CancellationToken cancellation)
    {
        var rate = options.RecordsPerSecond / options.Producers;
        var began = time.GetTimestamp();
        long put = 0;
        try
        {
            while (!stop.IsCancellationRequested && put != records)
            {
                var due = rate is { } perSecond ? (long)(perSecond * time.GetElapsedTime(began).TotalSeconds) - put : options.BatchRecords;
                var count = (int)Math.Min(Math.Min(due, options.BatchRecords), (records ?? long.MaxValue) - put);
                if (count <= 0)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(2), time, stop);
                    continue;
                }

                await PutAsync(session, count, cancellation);
                put += count;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            // Time is up.
        }

        await Task.WhenAll(counting).WaitAsync(cancellation);
    }

    private async Task PutAsync(ProducerSession session, int count, CancellationToken cancellation)
    {
        for (var i = 0; i < count; i++)
        {
            var record = new VerifyRecord(index, nextKey, numbers[nextKey]++);
            record.Write(data, run);
            builder.Add(Encoding.ASCII.GetBytes(record.PartitionKey), data);
            batch.Add(record);
            ledger.Attempt(record);

            // Runs of a key within a batch, so that the order inside a batch is put to the test as well.
            nextKey = i % 4 == 3 ? (nextKey + 1) % numbers.Length : nextKey;
        }

        VerifyRecord[] records = [.. batch];
        batch.Clear();
        var ticket = await session.SendAsync(builder.Take(), count, cancellation);
        counting.RemoveAll(task => task.IsCompletedSuccessfully);
        counting.Add(CountAsync(ticket, records, time.GetTimestamp()));
    }

    private async Task CountAsync(ProduceTicket ticket, VerifyRecord[] records, long sentAt)
    {
        var ack = await ticket.Acknowledged;
        if (ack.ErrorCode.Length > 0)
        {
            throw new CommandException($"batch {ticket.Number} of producer {index}: {ack.ErrorCode}: {ack.ErrorMessage}");
        }

        ledger.Acknowledge(Places(ack, records), time.GetElapsedTime(sentAt), ticket.WasRefused && options.InFlightBatches > 1);
    }

    private static List<(VerifyRecord Record, string ShardId, string SequenceNumber)> Places(ProduceAck ack, VerifyRecord[] records)
    {
        var places = new List<(VerifyRecord, string, string)>(records.Length);
        foreach (var part in ack.Parts)
        {
            var indexes = part.RecordIndexes.Count > 0 ? part.RecordIndexes.Select(at => (int)at) : Enumerable.Range(0, records.Length);
            var first = SequenceNumber.TryParse(part.FirstSequenceNumber, out var parsed)
                ? parsed
                : throw new CommandException($"batch {ack.BatchNumber} was acknowledged with '{part.FirstSequenceNumber}', which is no sequence number.");
            places.AddRange(indexes.Select((at, i) => (records[at], part.ShardId, (first with { Position = first.Position + i }).ToString())));
        }

        return places.Count == records.Length
            ? places
            : throw new CommandException($"batch {ack.BatchNumber} of {records.Length} records was acknowledged with {places.Count} places.");
    }
}
