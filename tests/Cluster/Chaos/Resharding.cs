using System.Globalization;
using Broker.Cli.Client;
using Broker.Kcl.Connection;
using Broker.V1;
using Grpc.Core;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>Splits and merges shards of a stream all along.</summary>
internal sealed class Resharding(BrokerConnection connection, string stream, int seed)
{
    private const int MostShards = 12;
    private const int FewestShards = 6;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Random random = new(seed);
    private bool grows = true;

    /// <summary>Splits that were accepted.</summary>
    public int Splits { get; private set; }

    /// <summary>Merges that were accepted.</summary>
    public int Merges { get; private set; }

    /// <summary>Requests that failed, by reason.</summary>
    public Dictionary<string, int> Refusals { get; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ReshardAsync();
            }
            catch (RpcException exception) when (RpcFaults.IsTransient(exception) || RpcFaults.ReasonOf(exception) == "RESOURCE_IN_USE" || IsOfAnOlderMap(exception))
            {
                var reason = RpcFaults.ReasonOf(exception) ?? exception.StatusCode.ToString();
                Refusals[reason] = Refusals.GetValueOrDefault(reason) + 1;
            }

            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReshardAsync()
    {
        using var timeout = new CancellationTokenSource(Patience);
        var open = (await ShardListing.ListAsync(connection.Streams, stream, new ShardFilter { Type = ShardFilterType.AtLatest }, timeout.Token))
            .OrderBy(shard => Hash(shard.HashKeyRange.StartingHashKey)).ToArray();
        grows = open.Length <= FewestShards || (open.Length < MostShards && grows);
        var i = random.Next(open.Length - 1);
        if (grows)
        {
            var (start, end) = (Hash(open[i].HashKeyRange.StartingHashKey), Hash(open[i].HashKeyRange.EndingHashKey));
            await connection.Streams.SplitShardAsync(new SplitShardRequest
            {
                StreamName = stream,
                ShardToSplit = open[i].ShardId,
                NewStartingHashKey = (start + ((end - start) / 2) + 1).ToString(CultureInfo.InvariantCulture),
            }, cancellationToken: timeout.Token);
            Splits++;
        }
        else
        {
            await connection.Streams.MergeShardsAsync(new MergeShardsRequest
            {
                StreamName = stream,
                ShardToMerge = open[i].ShardId,
                AdjacentShardToMerge = open[i + 1].ShardId,
            }, cancellationToken: timeout.Token);
            Merges++;
        }
    }

    /// <summary>A gateway that is cut off from the stream's silo lists the shards that it knows: one may be closed by then.</summary>
    private static bool IsOfAnOlderMap(RpcException exception) =>
        exception.StatusCode == StatusCode.InvalidArgument && exception.Status.Detail.Contains("already been merged or split", StringComparison.Ordinal);

    private static UInt128 Hash(string key) => UInt128.Parse(key, CultureInfo.InvariantCulture);
}
