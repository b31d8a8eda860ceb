using Broker.Contracts.Errors;
using Broker.Gateway.Appending;
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
        var deadline = DeadlineOf(context);
        var streamName = ReadStreamName(frame);
        var route = await GetRoutableAsync(streamName, context.CancellationToken);
        while (true)
        {
            var batch = appender.TryPut(Encode(frame, isSingle, route), isDivisible: !isSingle, deadline)
                ?? throw new BrokerException(BrokerErrorCode.Overloaded, $"Too much is in flight for stream {streamName}; retry after a pause.");
            await batch.Completion;
            if (await FindSuccessorAsync(streamName, batch, route, context.CancellationToken) is not { } successor)
            {
                return batch;
            }

            route = successor;
        }
    }

    private EncodedBatch Encode(RequestFrame frame, bool isSingle, StreamRoute route)
    {
        var encoder = appender.RentEncoder();
        try
        {
            var fault = isSingle
                ? encoder.TryEncodeSingle(frame.Message, route, RecordSpread.Next(), out var batch)
                : encoder.TryEncode(frame.Message, route, RecordSpread.Next(), out batch);
            return fault is null ? batch! : throw new BrokerException(BrokerErrorCode.InvalidArgument, fault);
        }
        finally
        {
            appender.ReturnEncoder(encoder);
        }
    }

    /// <summary>Where the name was given to a new stream and the old one surely took nothing: the new stream's map.</summary>
    private async ValueTask<StreamRoute?> FindSuccessorAsync(
        string streamName, AppendBatch batch, StreamRoute route, CancellationToken cancellation)
    {
        if (batch.Parts.Count > 0 || batch.Faults.Exists(static fault => fault.IsUncertain || fault.Code != BrokerErrorCode.ResourceNotFound))
        {
            return null;
        }

        routes.Forget(streamName);
        try
        {
            var found = await GetRoutableAsync(streamName, cancellation);
            return found.Stream.Generation != route.Stream.Generation ? found : null;
        }
        catch (BrokerException)
        {
            return null;
        }
    }
}
