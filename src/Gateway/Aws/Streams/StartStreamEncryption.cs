using Broker.Gateway.Encryption;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, StartStreamEncryption.</summary>
internal sealed class StartStreamEncryption(AwsResources resources, StreamCalls calls, StreamCiphers ciphers) : AwsOperation<EncryptionInput, NoOutput>
{
    protected override async Task<NoOutput> RunAsync(EncryptionInput input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        input.DemandKms();
        await calls.ChangeAsync(name, stream => ciphers.StartAsync(stream, input.KeyId!, call.Cancellation), call.Cancellation);
        return NoOutput.Instance;
    }
}
