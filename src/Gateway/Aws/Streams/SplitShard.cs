using System.Globalization;
using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, SplitShard.</summary>
internal sealed class SplitShard(AwsResources resources, StreamCalls calls, AwsShards shards) : AwsOperation<SplitShard.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await shards.DemandProvisionedAsync(name, call.Cancellation);
        var shard = shards.Parse(name, input.ShardToSplit!);
        if (!UInt128.TryParse(input.NewStartingHashKey, NumberStyles.None, CultureInfo.InvariantCulture, out var key))
        {
            throw AwsException.InvalidArgument($"NewStartingHashKey {input.NewStartingHashKey} is above 2^128-1, the last hash key.");
        }

        await calls.ChangeAsync(name, stream => stream.SplitShardAsync(shard, new HashKey(key)), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        [Required, Pattern(Patterns.HashKey)]
        public string? NewStartingHashKey { get; set; }

        [Required, Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ShardToSplit { get; set; }
    }
}
