using System.Globalization;
using Broker.Cli.Client;
using Broker.Kcl.Connection;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Cli.Bench;

/// <summary>Puts by PutRecord or PutRecords: a call after another in each client, all clients on shared connections.</summary>
internal sealed class UnaryLoad(BrokerConnection connection, string stream, PutMode mode, int batchRecords, int recordBytes, PayloadKind kind)
{
    public async Task RunAsync(int worker, LoadPlan plan, LoadCounter counter, LatencyRecorder latency, CancellationToken cancellation)
    {
        var batches = PreparedBatches.Entries(worker, batchRecords, recordBytes, kind);
        for (var sent = 0; await plan.NextAsync(batchRecords, cancellation) is { } due; sent++)
        {
            try
            {
                var (failed, reason) = mode == PutMode.PutRecord
                    ? await PutOneAsync(batches[sent % batches.Length][0].Data, string.Create(CultureInfo.InvariantCulture, $"{worker}.{sent}"), cancellation)
                    : await PutAsync(batches[sent % batches.Length], cancellation);
                latency.AddSince(due);
                counter.Add(batchRecords - failed, (long)(batchRecords - failed) * recordBytes);
                if (failed > 0)
                {
                    counter.Fail(failed, reason);
                }
            }
            catch (RpcException e) when (RpcFaults.IsTransient(e))
            {
                counter.Fail(batchRecords, e.Status.Detail);
            }
        }
    }

    /// <remarks>Every record has a key of its own: those of the prepared batches are too few to reach all of many shards.</remarks>
    private async Task<(int Failed, string Reason)> PutOneAsync(ByteString data, string key, CancellationToken cancellation)
    {
        await connection.Records.PutRecordAsync(
            new PutRecordRequest { StreamName = stream, PartitionKey = key, Data = data }, cancellationToken: cancellation);
        return (0, "");
    }

    private async Task<(int Failed, string Reason)> PutAsync(PutRecordsEntry[] batch, CancellationToken cancellation)
    {
        var request = new PutRecordsRequest { StreamName = stream };
        request.Records.AddRange(batch);
        var answer = await connection.Records.PutRecordsAsync(request, cancellationToken: cancellation);
        var first = answer.FailedRecordCount > 0 ? answer.Results.First(record => record.ErrorCode.Length > 0) : null;
        return (answer.FailedRecordCount, $"{first?.ErrorCode}: {first?.ErrorMessage}");
    }
}
