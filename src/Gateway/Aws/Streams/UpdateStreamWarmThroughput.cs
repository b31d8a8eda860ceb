using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, UpdateStreamWarmThroughput.</summary>
internal sealed class UpdateStreamWarmThroughput(AwsResources resources, StreamCalls calls, StreamRoutes routes, BrokerIdentity identity)
    : AwsOperation<UpdateStreamWarmThroughput.Input, UpdateStreamWarmThroughput.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        var throughput = await calls.AskAsync(name, stream => stream.UpdateWarmThroughputAsync(input.WarmThroughputMiBps!.Value), call.Cancellation);
        routes.Forget(name);
        return new Output { StreamARN = identity.StreamArn(name), StreamName = name, WarmThroughput = WarmThroughputShape.Of(throughput) };
    }

    internal sealed class Input : StreamInput
    {
        [Required, Bounds(0)]
        public int? WarmThroughputMiBps { get; set; }
    }

    internal sealed class Output
    {
        public string? StreamARN { get; set; }

        public string? StreamName { get; set; }

        public WarmThroughputShape? WarmThroughput { get; set; }
    }
}
