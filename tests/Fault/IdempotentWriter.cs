using Broker.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Tests.Fault;

/// <summary>A producer that sends every batch until it is acknowledged, under one identity, whatever happens to the broker.</summary>
public sealed class IdempotentWriter(string name, string stream, Ledger ledger, int seed)
{
    private const int InFlight = 8;
    private readonly Random random = new(seed);
    private readonly ByteString producer = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
    private readonly SortedDictionary<ulong, (ProduceBatch Batch, string[] Ids)> unacknowledged = [];
    private ulong lastNumber;

    public int Unacknowledged => unacknowledged.Count;

    /// <summary>Sends what is unacknowledged, then new batches until told to stop, and returns when the call breaks or all is acknowledged.</summary>
    public async Task RunAsync(RecordService.RecordServiceClient records, CancellationToken stop)
    {
        using var call = records.Produce();
        await call.RequestStream.WriteAsync(new ProduceRequest
        {
            Open = new ProduceOpen { StreamName = stream, ProducerId = producer, ProducerEpoch = 1 },
        });
        if (!await call.ResponseStream.MoveNext(CancellationToken.None) || call.ResponseStream.Current.Opened is null)
        {
            return;
        }

        foreach (var (batch, _) in unacknowledged.Values)
        {
            await call.RequestStream.WriteAsync(new ProduceRequest { Batch = batch });
        }

        var completed = false;
        while (true)
        {
            while (!stop.IsCancellationRequested && unacknowledged.Count < InFlight)
            {
                var (batch, ids) = NextBatch();
                unacknowledged.Add(batch.BatchNumber, (batch, ids));
                await call.RequestStream.WriteAsync(new ProduceRequest { Batch = batch });
            }

            if (stop.IsCancellationRequested && unacknowledged.Count == 0 && !completed)
            {
                completed = true;
                await call.RequestStream.CompleteAsync();
            }

            if (!await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                return;
            }

            var ack = call.ResponseStream.Current.Ack;
            if (ack.ErrorCode.Length > 0)
            {
                if (ack.RetryAfter is null)
                {
                    throw new InvalidOperationException($"Batch {ack.BatchNumber} of {name} was refused: {ack.ErrorCode} {ack.ErrorMessage}");
                }

                await Task.Delay(ack.RetryAfter.ToTimeSpan(), CancellationToken.None);
                await call.RequestStream.WriteAsync(new ProduceRequest { Batch = unacknowledged[ack.BatchNumber].Batch });
                continue;
            }

            Acknowledge(ack);
        }
    }

    private (ProduceBatch Batch, string[] Ids) NextBatch()
    {
        var batch = new ProduceBatch { BatchNumber = ++lastNumber };
        var ids = new string[random.Next(1, 40)];
        for (var i = 0; i < ids.Length; i++)
        {
            var key = $"{name}-{random.Next(20)}";
            (ids[i], var data) = ledger.Next(name, key, random.Next(10) == 0 ? random.Next(20_000) : random.Next(300));
            batch.Records.Add(new PutRecordsEntry { PartitionKey = key, Data = UnsafeByteOperations.UnsafeWrap(data) });
        }

        return (batch, ids);
    }

    private void Acknowledge(ProduceAck ack)
    {
        if (!unacknowledged.Remove(ack.BatchNumber, out var sent))
        {
            throw new InvalidOperationException($"Batch {ack.BatchNumber} of {name} was acknowledged and is not in flight.");
        }

        var named = 0;
        foreach (var part in ack.Parts)
        {
            if (!Broker.Contracts.Shards.SequenceNumber.TryParse(part.FirstSequenceNumber, out var first))
            {
                throw new InvalidOperationException($"'{part.FirstSequenceNumber}' is not a sequence number.");
            }

            for (var i = 0; i < part.RecordCount; i++)
            {
                var index = part.RecordIndexes.Count == 0 ? i : (int)part.RecordIndexes[i];
                ledger.Acknowledge(sent.Ids[index], part.ShardId, (first with { Position = first.Position + i }).ToString());
                named++;
            }
        }

        if (named != sent.Ids.Length)
        {
            throw new InvalidOperationException($"Batch {ack.BatchNumber} of {name} has {sent.Ids.Length} records, its acknowledgement {named}.");
        }
    }

    /// <summary>Errors that a broker going away makes.</summary>
    public static bool IsDisconnect(Exception exception) =>
        exception is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled or StatusCode.Internal or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted }
            or IOException or HttpRequestException or OperationCanceledException or InvalidOperationException { Message: "Can't write the message because the call is complete." };
}
