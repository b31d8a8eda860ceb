using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, UpdateShardCount.</summary>
internal sealed class UpdateShardCount(AwsResources resources, StreamCalls calls, StreamRoutes routes, AwsShards shards, BrokerIdentity identity)
    : AwsOperation<UpdateShardCount.Input, UpdateShardCount.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await shards.DemandProvisionedAsync(name, call.Cancellation);
        var target = input.TargetShardCount!.Value;
        var before = await calls.AskAsync(name, stream => stream.UpdateShardCountAsync(target), call.Cancellation);
        routes.Forget(name);
        return new Output { StreamName = name, CurrentShardCount = before, TargetShardCount = target, StreamARN = identity.StreamArn(name) };
    }

    internal sealed class Input : StreamInput
    {
        [Required, Bounds(1)]
        public int? TargetShardCount { get; set; }

        [Required, OneOf("UNIFORM_SCALING")]
        public string? ScalingType { get; set; }
    }

    internal sealed class Output
    {
        public string? StreamName { get; set; }

        public int CurrentShardCount { get; set; }

        public int TargetShardCount { get; set; }

        public string? StreamARN { get; set; }
    }
}
