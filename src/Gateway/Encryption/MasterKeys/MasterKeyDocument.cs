namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>What a key file holds.</summary>
internal sealed record MasterKeyDocument
{
    public List<MasterKeyEntry> Keys { get; set; } = [];
}
