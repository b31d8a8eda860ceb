using Broker.Gateway.Appending;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Broker.Gateway.Wire;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    /// <summary>Puts a unary call's records and waits for all their outcomes.</summary>
    private async Task<AppendBatch> PutAsync(RequestFrame frame, bool isSingle, ServerCallContext context)
    {
        using var owned = frame;
        return await puts.PutAsync(
            isSingle ? PutOperation.PutRecord : PutOperation.PutRecords,
            ReadStreamName(frame),
            new FrameRecords(frame, isSingle),
            DeadlineOf(context),
            identity: null,
            isRepeat: false,
            context.CancellationToken);
    }

    private sealed class FrameRecords(RequestFrame frame, bool isSingle) : IRecordSource
    {
        public string? Encode(BatchEncoder encoder, StreamRoute route, RecordSpread spread, out EncodedBatch? batch) => isSingle
            ? encoder.TryEncodeSingle(frame.Message, route, spread, out batch)
            : encoder.TryEncode(frame.Message, route, spread, out batch);
    }
}
