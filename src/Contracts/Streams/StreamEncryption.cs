using System.Collections.Immutable;

namespace Broker.Contracts.Streams;

/// <summary>What a gateway needs to encrypt a stream's records and to read those that were encrypted before.</summary>
/// <param name="KeyId">The master key as StartStreamEncryption was given it: key id, ARN, alias or alias ARN; null while records are stored in the clear.</param>
/// <param name="KeyGeneration">The data key that new blocks are encrypted under; 0 while they are not.</param>
/// <param name="Keys">Every data key under which there may still be records, by generation.</param>
[GenerateSerializer, Immutable]
[Alias("broker.StreamEncryption")]
public sealed record StreamEncryption(
    [property: Id(0)] string? KeyId,
    [property: Id(1)] uint KeyGeneration,
    [property: Id(2)] ImmutableArray<WrappedDataKey> Keys)
{
    public EncryptionType Type => KeyId is null ? EncryptionType.None : EncryptionType.Kms;

    /// <summary>A data key by its generation; null where the stream has none of that number, or no longer.</summary>
    public WrappedDataKey? Find(uint generation)
    {
        foreach (var key in Keys)
        {
            if (key.Generation == generation)
            {
                return key;
            }
        }

        return null;
    }
}
