using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Appending;

/// <summary>Unary puts, of whatever protocol: routes, encodes, puts and waits for all outcomes. Thread-safe.</summary>
public sealed class RecordPuts(RecordAppender appender, StreamRoutes routes, GatewayMetrics metrics)
{
    /// <param name="operation">What the put is counted as; PutRecords is divisible: a shard that admits only some of the records may take these alone.</param>
    /// <param name="streamName">The stream.</param>
    /// <param name="source">The records.</param>
    /// <param name="deadline">Timestamp after which no further attempt is made.</param>
    /// <param name="identity">The client's identity for the call; null has the gateway give one.</param>
    /// <param name="isRepeat">The client sent the call before under this identity.</param>
    /// <param name="cancellation">Ends the search for the stream; what is put is waited for.</param>
    /// <exception cref="BrokerException">InvalidArgument, ResourceNotFound, Overloaded.</exception>
    public async Task<AppendBatch> PutAsync(
        PutOperation operation,
        string streamName,
        IRecordSource source,
        long deadline,
        BatchIdentity? identity,
        bool isRepeat,
        CancellationToken cancellation)
    {
        var started = metrics.Streams.Now();
        var route = await GetRoutableAsync(streamName, cancellation);
        var spread = identity is { } known ? RecordSpread.Of(known) : RecordSpread.Next();
        while (true)
        {
            var batch = appender.TryPut(Encode(source, route, spread), operation == PutOperation.PutRecords, deadline, identity, isRepeat)
                ?? throw new BrokerException(BrokerErrorCode.Overloaded, $"Too much is in flight for stream {streamName}; retry after a pause.");
            await batch.Completion;
            if (await FindSuccessorAsync(streamName, batch, route, cancellation) is not { } successor)
            {
                metrics.Streams.Put(operation, streamName, batch, started);
                return batch;
            }

            route = successor;
        }
    }

    /// <summary>The stream's map, where it takes records.</summary>
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public async ValueTask<StreamRoute> GetRoutableAsync(string streamName, CancellationToken cancellation)
    {
        var route = await routes.GetAsync(streamName, cancellation);
        if (!route.IsRoutable)
        {
            route = await routes.RefreshAsync(route, cancellation);
        }

        return route.IsRoutable ? route : throw new BrokerException(
            BrokerErrorCode.ResourceNotFound, $"Stream {streamName} takes no records: it is {route.Stream.Status}.");
    }

    private EncodedBatch Encode(IRecordSource source, StreamRoute route, RecordSpread spread)
    {
        var encoder = appender.RentEncoder();
        try
        {
            return source.Encode(encoder, route, spread, out var batch) is { } fault
                ? throw new BrokerException(BrokerErrorCode.InvalidArgument, fault)
                : batch!;
        }
        finally
        {
            appender.ReturnEncoder(encoder);
        }
    }

    /// <summary>Where the name was given to a new stream: its map. What the old one may have taken is gone with it.</summary>
    private async ValueTask<StreamRoute?> FindSuccessorAsync(
        string streamName, AppendBatch batch, StreamRoute route, CancellationToken cancellation)
    {
        if (batch.Parts.Count > 0 || batch.Faults.Exists(static fault => fault.Code != BrokerErrorCode.ResourceNotFound))
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
