namespace Broker.Contracts.Streams;

public sealed partial record StreamDescription
{
    /// <summary>Null where encryption was never started, or is over and its records have expired.</summary>
    [Id(40)]
    public StreamEncryption? Encryption { get; init; }

    /// <summary>How new records are encrypted.</summary>
    public EncryptionType EncryptionType => Encryption?.Type ?? EncryptionType.None;
}
