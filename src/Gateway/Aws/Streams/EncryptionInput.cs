using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Streams;

/// <summary>What StartStreamEncryption and StopStreamEncryption are asked.</summary>
internal sealed class EncryptionInput : StreamInput
{
    [Required, OneOf("NONE", "KMS")]
    public string? EncryptionType { get; set; }

    [Required, Bounds(1, 2048)]
    public string? KeyId { get; set; }

    /// <exception cref="AwsException">InvalidArgument: there is no other type to start or to stop.</exception>
    public void DemandKms()
    {
        if (EncryptionType != "KMS")
        {
            throw AwsException.InvalidArgument($"EncryptionType is {EncryptionType}: it must be KMS.");
        }
    }
}
