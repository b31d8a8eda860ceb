using System.Buffers.Text;
using System.Security.Cryptography;
using Broker.Contracts.Errors;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Tokens;

/// <summary>Makes and opens authenticated tokens: version, purpose and content under HMAC-SHA256 with the cluster's key, in base64url.</summary>
/// <remarks>They tell clients nothing secret, but only the cluster can make them; every gateway opens those of every other.</remarks>
public sealed class TokenSealer(IBrokerGrains grains)
{
    private const byte Version = 1;
    private const int HeadLength = 2;
    private const int MacLength = HMACSHA256.HashSizeInBytes;

    private volatile byte[]? key;

    internal async ValueTask<string> SealAsync(TokenPurpose purpose, ReadOnlyMemory<byte> content)
    {
        var secret = key ?? await LoadKeyAsync();
        var token = new byte[HeadLength + content.Length + MacLength];
        token[0] = Version;
        token[1] = (byte)purpose;
        content.CopyTo(token.AsMemory(HeadLength));
        var signed = HeadLength + content.Length;
        HMACSHA256.HashData(secret, token.AsSpan(0, signed), token.AsSpan(signed));
        return Base64Url.EncodeToString(token);
    }

    /// <returns>The content; null where the token is malformed, forged, or of another purpose.</returns>
    internal async ValueTask<ReadOnlyMemory<byte>?> OpenAsync(TokenPurpose purpose, string text)
    {
        var secret = key ?? await LoadKeyAsync();
        if (text.Length > 2048 || !Base64Url.IsValid(text))
        {
            return null;
        }

        var token = Base64Url.DecodeFromChars(text);
        var signed = token.Length - MacLength;
        if (signed < HeadLength || token[0] != Version || token[1] != (byte)purpose || Base64Url.EncodeToString(token) != text)
        {
            return null;
        }

        return CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(secret, token.AsSpan(0, signed)), token.AsSpan(signed))
            ? token.AsMemory(HeadLength, signed - HeadLength)
            : null;
    }

    private async Task<byte[]> LoadKeyAsync()
    {
        var loaded = await grains.Catalogue.GetTokenKeyAsync();
        return loaded.Length >= 32
            ? key = [.. loaded]
            : throw new BrokerException(BrokerErrorCode.Internal, $"The token key has {loaded.Length} bytes: it must have 32.");
    }
}
