using System.Threading.Channels;
using Broker.Kcl.Connection;
using Broker.V1;
using Microsoft.Extensions.Logging;

namespace Broker.Kcl.Producer;

/// <summary>Keeps the lanes of a producer in step with the stream's open shards: asks when it starts, and whenever a record landed elsewhere.</summary>
internal sealed partial class ShardMap : IAsyncDisposable
{
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(30);
    private readonly BrokerProducerOptions options;
    private readonly Gateways gateways;
    private readonly ProducerLanes lanes;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Channel<bool> wanted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource closing = new();
    private Task running = Task.CompletedTask;

    public ShardMap(BrokerProducerOptions options, Gateways gateways, ProducerLanes lanes, TimeProvider time, ILogger logger)
    {
        this.options = options;
        this.gateways = gateways;
        this.lanes = lanes;
        this.time = time;
        this.logger = logger;
        Refresh();
    }

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Asks for a new listing, soon.</summary>
    public void Refresh() => wanted.Writer.TryWrite(true);

    /// <summary>The hash keys of a shard, open or not; null when the stream has none of that id.</summary>
    public async Task<HashKeyRange?> RangeOfAsync(string shardId)
    {
        if (Array.Find(lanes.Table.Lanes, lane => lane.ShardId == shardId) is { } known)
        {
            return known.Range;
        }

        var shards = await ListAsync(ShardFilterType.FromTrimHorizon);
        return shards.Find(shard => shard.ShardId == shardId) is { } found ? HashKeyRange.Of(found.HashKeyRange) : null;
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await running;
        closing.Dispose();
    }

    private async Task RunAsync()
    {
        var wait = options.ShardRefreshInterval;
        try
        {
            while (await wanted.Reader.WaitToReadAsync(closing.Token))
            {
                wanted.Reader.TryRead(out _);
                if (await TryRefreshAsync())
                {
                    wait = options.ShardRefreshInterval;
                }
                else
                {
                    wait = wait * 2 < LongPause ? wait * 2 : LongPause;
                    Refresh();
                }

                await Task.Delay(wait, time, closing.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The producer ends.
        }
    }

    private async Task<bool> TryRefreshAsync()
    {
        try
        {
            var summary = await gateways.Current.Streams.DescribeStreamSummaryAsync(
                new DescribeStreamSummaryRequest { StreamName = options.StreamName }, cancellationToken: closing.Token)
                .ResponseAsync.WaitAsync(options.RequestTimeout, time, closing.Token);
            if (summary.Stream.RecordDistributionStrategy == RecordDistributionStrategy.Auto)
            {
                lanes.ApplyAuto();
                return true;
            }

            var shards = await ListAsync(ShardFilterType.AtLatest);
            return lanes.TryApply(shards.Select(shard => (shard.ShardId, HashKeyRange.Of(shard.HashKeyRange))));
        }
        catch (Exception e) when (e is not OperationCanceledException || !closing.IsCancellationRequested)
        {
            LogNotListed(logger, options.StreamName, RpcFaults.CodeOf(e), RpcFaults.MessageOf(e));
            return false;
        }
    }

    private async Task<List<Shard>> ListAsync(ShardFilterType filter)
    {
        var shards = new List<Shard>();
        var request = new ListShardsRequest { StreamName = options.StreamName, ShardFilter = new ShardFilter { Type = filter } };
        while (true)
        {
            var page = await gateways.Current.Streams.ListShardsAsync(request, cancellationToken: closing.Token)
                .ResponseAsync.WaitAsync(options.RequestTimeout, time, closing.Token);
            shards.AddRange(page.Shards);
            if (page.NextToken.Length == 0)
            {
                return shards;
            }

            request = new ListShardsRequest { NextToken = page.NextToken };
        }
    }
}
