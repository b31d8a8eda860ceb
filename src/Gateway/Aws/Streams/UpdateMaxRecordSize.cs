using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, UpdateMaxRecordSize.</summary>
internal sealed class UpdateMaxRecordSize(AwsResources resources, StreamCalls calls) : AwsOperation<UpdateMaxRecordSize.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await calls.ChangeAsync(name, stream => stream.UpdateMaxRecordSizeAsync(input.MaxRecordSizeInKiB!.Value * 1_024), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        [Required, Bounds(1_024, 10_240)]
        public int? MaxRecordSizeInKiB { get; set; }
    }
}
