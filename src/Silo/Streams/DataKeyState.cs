namespace Broker.Silo.Streams;

/// <summary>A data key as it is stored.</summary>
public sealed record DataKeyState
{
    public uint Generation { get; set; }

    /// <summary>As the key provider names it.</summary>
    public required string MasterKeyId { get; set; }

    /// <summary>Base64.</summary>
    public required string Wrapped { get; set; }

    public long CreatedUnixMilliseconds { get; set; }

    /// <summary>When another took its place or encryption was stopped; null while it is in use.</summary>
    public long? RetiredUnixMilliseconds { get; set; }
}
