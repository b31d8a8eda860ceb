using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Streams;

/// <summary>Looks shards up in the rows, and their stream's settings at the stream grain.</summary>
/// <remarks>
/// Asking the stream grain cannot deadlock: its Describe interleaves with whatever it is doing, and it awaits no shard while it is being
/// activated.
/// </remarks>
public sealed class ShardDirectory(IRowStore rows, IGrainFactory grains) : IShardDirectory
{
    public async ValueTask<ShardEntry?> FindAsync(ShardKey shard, CancellationToken cancellationToken)
    {
        if (await GetAsync(shard, cancellationToken) is not { } description
            || await DescribeStreamAsync(shard.Stream, cancellationToken) is not { } stream)
        {
            return null;
        }

        var parents = ImmutableArray.CreateBuilder<ShardDescription>(description.Parents.Length);
        foreach (var parent in description.Parents)
        {
            if (await GetAsync(shard with { Shard = parent }, cancellationToken) is { } found)
            {
                parents.Add(found);
            }
        }

        return new ShardEntry(description, parents.ToImmutable(), stream);
    }

    public async ValueTask<StreamDescription?> DescribeStreamAsync(StreamGeneration stream, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<IStreamGrain>(stream.Value).DescribeAsync().WaitAsync(cancellationToken);
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
        {
            return null;
        }
    }

    private async ValueTask<ShardDescription?> GetAsync(ShardKey shard, CancellationToken cancellationToken) =>
        await rows.GetAsync(RowKeys.Shard(shard), cancellationToken) is { } row ? StreamRows.Decode(row) : null;
}
