using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, DecreaseStreamRetentionPeriod.</summary>
internal sealed class DecreaseStreamRetentionPeriod(AwsResources resources, StreamCalls calls)
    : AwsOperation<DecreaseStreamRetentionPeriod.Input, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        await calls.ChangeAsync(name, stream => stream.DecreaseRetentionAsync(input.RetentionPeriodHours!.Value), call.Cancellation);
        return NoOutput.Instance;
    }

    internal sealed class Input : StreamInput
    {
        [Required]
        public int? RetentionPeriodHours { get; set; }
    }
}
