using System.Buffers.Binary;
using System.Text;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Tokens;

/// <summary>Hands out pagination tokens and takes them back: text of the operation's own, and when it was made.</summary>
public sealed class PageTokens(TokenSealer sealer, IOptions<BrokerLimits> limits, TimeProvider clock)
{
    internal ValueTask<string> MakeAsync(TokenPurpose purpose, string content)
    {
        var bytes = new byte[sizeof(long) + Encoding.UTF8.GetByteCount(content)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, clock.GetUtcNow().ToUnixTimeMilliseconds());
        Encoding.UTF8.GetBytes(content, bytes.AsSpan(sizeof(long)));
        return sealer.SealAsync(purpose, bytes);
    }

    /// <exception cref="BrokerException">InvalidArgument: malformed, forged or another operation's. ExpiredNextToken.</exception>
    internal async ValueTask<string> OpenAsync(TokenPurpose purpose, string token)
    {
        if (await sealer.OpenAsync(purpose, token) is not { Length: >= sizeof(long) } content)
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, "next_token is not a token of this operation.");
        }

        var age = clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(content.Span));
        return age <= limits.Value.NextTokenLifetime
            ? Encoding.UTF8.GetString(content.Span[sizeof(long)..])
            : throw new BrokerException(
                BrokerErrorCode.ExpiredNextToken,
                $"next_token is {(long)age.TotalSeconds} seconds old: it is good for {(long)limits.Value.NextTokenLifetime.TotalSeconds}.");
    }
}
