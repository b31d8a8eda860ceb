using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Gateway.Encryption;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Reading;

/// <summary>GetRecords, of whatever protocol. Thread-safe.</summary>
public sealed class RecordReads(
    IBrokerGrains grains,
    StreamRoutes routes,
    ShardIterators iterators,
    StreamCiphers ciphers,
    GatewayMetrics metrics,
    TimeProvider clock,
    IOptions<BrokerLimits> limits)
{
    /// <summary>What a record is taken to have when a count is turned into bytes to read: an answer may be shorter than its limit.</summary>
    private const int ExpectedRecordBytes = 4 * 1024;

    /// <summary>Finds what an iterator stands for.</summary>
    /// <exception cref="BrokerException">InvalidArgument, ExpiredIterator, ResourceNotFound.</exception>
    internal async ValueTask<ShardCursor> OpenAsync(string shardIterator, CancellationToken cancellation)
    {
        var iterator = await iterators.OpenAsync(shardIterator);
        var known = await routes.GetAsync(iterator.Shard.Stream, cancellation);
        var (route, shard) = await routes.FindShardAsync(known, iterator.Shard.Shard, cancellation) ?? throw new BrokerException(
            BrokerErrorCode.ResourceNotFound, $"Shard {iterator.Shard.Shard} in stream {known.Stream.Name} does not exist");
        return new ShardCursor(iterator, route, shard);
    }

    /// <summary>Reads a page, with the next iterator or, at the end of a closed shard, its children.</summary>
    /// <param name="cursor">Where.</param>
    /// <param name="limit">Most records; at least 1.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="BrokerException">What the shard answers.</exception>
    internal async ValueTask<RecordPage> ReadAsync(ShardCursor cursor, int limit, CancellationToken cancellation)
    {
        var stream = cursor.Route.Stream.Name;
        var started = metrics.Streams.Now();
        try
        {
            var page = await ReadPageAsync(cursor, limit, cancellation);
            var bytes = RecordPageWriter.Measure(page);
            metrics.RecordsOut(page.RecordCount, bytes);
            metrics.Streams.Got(stream, page.RecordCount, bytes, started);
            return page;
        }
        catch (BrokerException exception)
        {
            metrics.Streams.NotGot(stream, exception.Code, started);
            throw;
        }
    }

    private async ValueTask<RecordPage> ReadPageAsync(ShardCursor cursor, int limit, CancellationToken cancellation)
    {
        var (iterator, route, shard) = cursor;
        var readBytes = (int)Math.Clamp((long)limit * ExpectedRecordBytes, 64 * 1024, limits.Value.MaxBytesPerRead);
        var read = await new MovingShard(grains.Shard(iterator.Shard), clock).ReadAsync(
            new ReadRequest(iterator.Position, readBytes, TimeSpan.Zero, route.Stream.Version, Metered: true),
            iterator.Shard.Stream,
            ciphers,
            cancellation);
        if (read.Code != BrokerErrorCode.None)
        {
            throw new BrokerException(read.Code, read.Message ?? $"{shard.Id} cannot be read: {read.Code}.");
        }

        var page = PageBuilder.Build(shard, read, iterator.Position, limit, limits.Value.MaxBytesPerRead);
        if (read.IsSealed && page.EndPosition >= read.TailPosition)
        {
            page.Children = route.ChildrenOf(shard.Id);
            if (page.Children.Count == 0)
            {
                page.Children = (await routes.RefreshAsync(route, cancellation)).ChildrenOf(shard.Id);
            }
        }

        // A closed shard whose children are not there yet still has an iterator: the next answer tells them.
        if (page.Children.Count == 0)
        {
            page.Next = await iterators.MakeAsync(iterator.Shard, page.EndPosition);
        }

        return page;
    }
}
