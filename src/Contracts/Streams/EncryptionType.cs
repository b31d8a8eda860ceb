namespace Broker.Contracts.Streams;

/// <summary>How records are encrypted at rest (AWS, EncryptionType).</summary>
public enum EncryptionType
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>Under a data key of the stream, which a master key of the key provider wraps.</summary>
    Kms = 1,
}
