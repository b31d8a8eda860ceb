using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, IncreaseStreamRetentionPeriod.</summary>
internal sealed class IncreaseStreamRetentionPeriod(AwsResources resources, StreamCalls calls)
    : AwsOperation<IncreaseStreamRetentionPeriod.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await calls.ChangeAsync(name, stream => stream.IncreaseRetentionAsync(input.RetentionPeriodHours!.Value), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        [Required]
        public int? RetentionPeriodHours { get; set; }
    }
}
