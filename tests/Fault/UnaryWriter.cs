using Broker.V1;
using Google.Protobuf;

namespace Broker.Tests.Fault;

/// <summary>A client that puts and never repeats: what fails may or may not be there, what is acknowledged must be.</summary>
public sealed class UnaryWriter(string name, string stream, Ledger ledger, int seed, bool batches)
{
    private readonly Random random = new(seed);

    public async Task RunAsync(RecordService.RecordServiceClient records, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (batches)
            {
                await PutRecordsAsync(records);
            }
            else
            {
                await PutRecordAsync(records);
            }
        }
    }

    private async Task PutRecordAsync(RecordService.RecordServiceClient records)
    {
        var (id, key, data) = Next();
        var answer = await records.PutRecordAsync(new PutRecordRequest
        {
            StreamName = stream,
            PartitionKey = key,
            Data = UnsafeByteOperations.UnsafeWrap(data),
        });
        ledger.Acknowledge(id, answer.ShardId, answer.SequenceNumber);
    }

    private async Task PutRecordsAsync(RecordService.RecordServiceClient records)
    {
        var request = new PutRecordsRequest { StreamName = stream };
        var ids = new string[random.Next(1, 60)];
        for (var i = 0; i < ids.Length; i++)
        {
            (ids[i], var key, var data) = Next();
            request.Records.Add(new PutRecordsEntry { PartitionKey = key, Data = UnsafeByteOperations.UnsafeWrap(data) });
        }

        var answer = await records.PutRecordsAsync(request);
        for (var i = 0; i < ids.Length; i++)
        {
            if (answer.Results[i].ErrorCode.Length == 0)
            {
                ledger.Acknowledge(ids[i], answer.Results[i].ShardId, answer.Results[i].SequenceNumber);
            }
        }
    }

    private (string Id, string Key, byte[] Data) Next()
    {
        var key = $"{name}-{random.Next(20)}";
        var (id, data) = ledger.Next(name, key, random.Next(400));
        return (id, key, data);
    }
}
