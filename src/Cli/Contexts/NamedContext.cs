namespace Broker.Cli.Contexts;

/// <summary>A broker by name, and how to make oneself known there.</summary>
internal sealed record NamedContext
{
    /// <summary>One URL, or several with commas between.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Null where calls are not signed.</summary>
    public string? AccessKeyId { get; init; }

    public string? SecretAccessKey { get; init; }

    /// <summary>For signatures; null for us-east-1.</summary>
    public string? Region { get; init; }

    /// <summary>File of the authorities to believe; null for the system's.</summary>
    public string? TlsAuthorities { get; init; }

    /// <summary>Client certificate, PEM; null for none.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>Its key, PEM.</summary>
    public string? TlsKey { get; init; }
}
