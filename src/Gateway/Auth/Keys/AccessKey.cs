using System.Security.Cryptography;
using System.Text;
using Broker.Gateway.Auth.Signing;

namespace Broker.Gateway.Auth.Keys;

/// <summary>A key that requests may be signed with, and whose it is. Immutable but for a cache.</summary>
/// <param name="id">The access key id.</param>
/// <param name="secret">The secret access key.</param>
/// <param name="sessionToken">What requests must present beside the signature; null for a key without one.</param>
/// <param name="principal">Whose key it is.</param>
internal sealed class AccessKey(string id, string secret, string? sessionToken, Principal principal)
{
    private volatile DayKey? newest;

    public string Id { get; } = id;

    public Principal Principal { get; } = principal;

    /// <summary>False for a key that is kept but not taken.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>From when on it is not taken any more; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Whether a request's token is this key's; compared in constant time.</summary>
    public bool TokenIs(ReadOnlySpan<char> token) => sessionToken is null
        ? token.IsEmpty
        : CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token.ToString()), Encoding.UTF8.GetBytes(sessionToken));

    /// <summary>The signing key of a day, kept from one request to the next.</summary>
    public byte[] SigningKeyOf(ReadOnlySpan<char> date, string region)
    {
        if (newest is { } known && date.SequenceEqual(known.Date) && known.Region == region)
        {
            return known.Key;
        }

        var made = new DayKey(date.ToString(), region, SigningKey.Derive(secret, date.ToString(), region, SigningKey.Service));
        newest = made;
        return made.Key;
    }

    private sealed record DayKey(string Date, string Region, byte[] Key);
}
