namespace Broker.Gateway.Auth.Keys;

/// <summary>A client certificate that stands for a principal.</summary>
/// <param name="Fingerprint">SHA-256 of the certificate, 64 hexadecimal digits in upper case.</param>
/// <param name="Principal">Whose it is.</param>
/// <param name="IsEnabled">False for one that is kept but not taken.</param>
/// <param name="Expires">From when on it is not taken any more, whatever it says itself; null for never.</param>
internal sealed record ClientCertificate(string Fingerprint, Principal Principal, bool IsEnabled, DateTimeOffset? Expires);
