using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, MergeShards.</summary>
internal sealed class MergeShards(AwsResources resources, StreamCalls calls, AwsShards shards) : AwsOperation<MergeShards.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await shards.DemandProvisionedAsync(name, call.Cancellation);
        var shard = shards.Parse(name, input.ShardToMerge!);
        var adjacent = shards.Parse(name, input.AdjacentShardToMerge!);
        await calls.ChangeAsync(name, stream => stream.MergeShardsAsync(shard, adjacent), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        [Required, Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ShardToMerge { get; set; }

        [Required, Pattern(Patterns.Name), Bounds(1, 128)]
        public string? AdjacentShardToMerge { get; set; }
    }
}
