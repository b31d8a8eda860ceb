using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, StopStreamEncryption.</summary>
internal sealed class StopStreamEncryption(AwsResources resources, StreamCalls calls) : AwsOperation<EncryptionInput, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(EncryptionInput input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        input.DemandKms();
        await calls.ChangeAsync(name, static stream => stream.StopEncryptionAsync(), call.Cancellation);
        return NoOutput.Instance;
    }
}
