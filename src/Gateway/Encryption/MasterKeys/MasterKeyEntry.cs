namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>A master key as a key file has it.</summary>
internal sealed record MasterKeyEntry
{
    /// <summary>1 to 128 characters of [a-zA-Z0-9-]; AWS's are GUIDs.</summary>
    public string KeyId { get; set; } = "";

    /// <summary>Base64 of 32 bytes.</summary>
    public string? Material { get; set; }

    /// <summary>A file with 32 bytes, or their base64; in place of <see cref="Material"/>. Relative to the key file.</summary>
    public string? MaterialFile { get; set; }

    public MasterKeyState State { get; set; }

    /// <summary>Names that stand for the key, with <c>alias/</c>.</summary>
    public List<string> Aliases { get; set; } = [];
}
