using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Gateway.Reading;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

public sealed partial class RecordService
{
    /// <summary>What a record is taken to have when a count is turned into bytes to read: an answer may be shorter than its limit.</summary>
    private const int ExpectedRecordBytes = 4 * 1024;

    public async Task<RecordPage> GetRecords(V1.GetRecordsRequest request, ServerCallContext context)
    {
        var most = limits.Value.MaxRecordsPerRead;
        if (request.Limit < 0 || request.Limit > most)
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, $"limit is {request.Limit}: it must be 1 to {most}, or 0 for the most.");
        }

        var limit = request.Limit == 0 ? most : request.Limit;
        var iterator = await iterators.OpenAsync(request.ShardIterator);
        var route = await routes.GetAsync(iterator.Shard.Stream, context.CancellationToken);
        var shard = route.FindShard(iterator.Shard.Shard) ?? throw new BrokerException(
            BrokerErrorCode.ResourceNotFound, $"Shard {iterator.Shard.Shard} in stream {route.Stream.Name} does not exist");

        var readBytes = (int)Math.Clamp((long)limit * ExpectedRecordBytes, 64 * 1024, limits.Value.MaxBytesPerRead);
        var read = await new MovingShard(grains.Shard(iterator.Shard), clock).ReadAsync(
            new ReadRequest(iterator.Position, readBytes, TimeSpan.Zero, route.Stream.Version, Metered: true),
            iterator.Shard.Stream,
            ciphers,
            context.CancellationToken);
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
                page.Children = (await routes.RefreshAsync(route, context.CancellationToken)).ChildrenOf(shard.Id);
            }
        }

        // A closed shard whose children are not there yet still has an iterator: the next answer tells them.
        if (page.Children.Count == 0)
        {
            page.Next = await iterators.MakeAsync(iterator.Shard, page.EndPosition);
        }

        metrics.RecordsOut(page.RecordCount, RecordPageWriter.Measure(page));
        return page;
    }
}
