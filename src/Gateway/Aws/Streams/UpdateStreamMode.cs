using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, UpdateStreamMode.</summary>
internal sealed class UpdateStreamMode(AwsResources resources, StreamCalls calls) : AwsOperation<UpdateStreamMode.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input.StreamARN!, call);
        var mode = input.StreamModeDetails!.ToMode();
        await calls.ChangeAsync(name, stream => stream.UpdateModeAsync(mode, input.WarmThroughputMiBps), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input
    {
        [Required, Pattern(Patterns.StreamArn), Bounds(1, 2048)]
        public string? StreamARN { get; set; }

        [Pattern(Patterns.StreamId), Bounds(1, 24)]
        public string? StreamId { get; set; }

        [Required]
        public StreamModeDetails? StreamModeDetails { get; set; }

        [Bounds(0)]
        public int? WarmThroughputMiBps { get; set; }
    }
}
