using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, UpdateStreamRecordDistributionStrategy (2026).</summary>
internal sealed class UpdateStreamRecordDistributionStrategy(AwsResources resources, StreamCalls calls)
    : AwsOperation<UpdateStreamRecordDistributionStrategy.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input.StreamARN!, call);
        var strategy = RecordDistributions.Parse(input.RecordDistributionStrategy!);
        await calls.ChangeAsync(name, stream => stream.UpdateRecordDistributionAsync(strategy), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input
    {
        [Required, Pattern(Patterns.StreamArn), Bounds(1, 2048)]
        public string? StreamARN { get; set; }

        [Pattern(Patterns.StreamId), Bounds(1, 24)]
        public string? StreamId { get; set; }

        [Required, OneOf("AUTO", "USER_PARTITION_KEY")]
        public string? RecordDistributionStrategy { get; set; }
    }
}
