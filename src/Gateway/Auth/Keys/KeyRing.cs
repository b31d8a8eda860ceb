using System.Collections.Frozen;

namespace Broker.Gateway.Auth.Keys;

/// <summary>All keys and certificates that are known at a time. Immutable.</summary>
internal sealed class KeyRing(IEnumerable<AccessKey> keys, IEnumerable<ClientCertificate> certificates)
{
    private readonly FrozenDictionary<string, AccessKey> keys = keys.ToFrozenDictionary(static key => key.Id, StringComparer.Ordinal);

    private readonly FrozenDictionary<string, ClientCertificate> certificates =
        certificates.ToFrozenDictionary(static certificate => certificate.Fingerprint, StringComparer.Ordinal);

    public static KeyRing Empty { get; } = new([], []);

    public int Count => keys.Count + certificates.Count;

    public bool HasCertificates => certificates.Count > 0;

    public AccessKey? Find(ReadOnlySpan<char> accessKeyId) =>
        keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(accessKeyId, out var key) ? key : null;

    public ClientCertificate? FindCertificate(string fingerprint) => certificates.GetValueOrDefault(fingerprint);
}
