using System.Globalization;
using System.Security.Cryptography;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Auth.Signing;

/// <summary>Checks a Signature Version 4 against the keys that are known, and tells in AWS's words why one does not hold.</summary>
public sealed class SignatureVerifier(AccessKeys keys, IOptions<AuthOptions> options, BrokerIdentity identity, TimeProvider clock)
{
    private const string BasicFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const string ContentHash = "x-amz-content-sha256";
    private const string UnsignedPayload = "UNSIGNED-PAYLOAD";
    private const string UnsignedChunks = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

    /// <summary>Checks what a request presents.</summary>
    /// <param name="request">The request.</param>
    /// <param name="presented">What it presents; complete.</param>
    /// <param name="body">Its whole body.</param>
    /// <param name="hasBody">False where the body is not known yet, as with gRPC: then the signature must not cover it.</param>
    /// <param name="key">The key that it was signed with.</param>
    /// <returns>Null where the signature holds.</returns>
    internal AuthenticationFault? Verify(HttpRequest request, in PresentedSignature presented, ReadOnlySpan<byte> body, bool hasBody, out AccessKey? key)
    {
        key = null;
        if (presented.Algorithm is not SigningKey.Algorithm)
        {
            return AuthenticationFault.Incomplete($"Unsupported AWS 'algorithm': '{presented.Algorithm}'. ");
        }

        if (!CredentialScope.TryParse(presented.Credential, out var scope))
        {
            return AuthenticationFault.Incomplete(
                $"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{presented.Credential}'");
        }

        if (!TryReadDate(presented.Date, out var signed))
        {
            return AuthenticationFault.Incomplete(
                $"Date must be in ISO-8601 'basic format'. Got '{presented.Date}'. See http://en.wikipedia.org/wiki/ISO_8601");
        }

        var date = signed.ToString(BasicFormat, CultureInfo.InvariantCulture);
        if (scope.Faults(date, identity.Region) is { Length: > 0 } faults)
        {
            return AuthenticationFault.Invalid(faults);
        }

        if (!CanonicalRequest.SignsHost(presented.SignedHeaders))
        {
            return AuthenticationFault.Invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
        }

        // It names the operation: unsigned, a request that was overheard could be made another one.
        if (request.Headers.ContainsKey("x-amz-target") && !CanonicalRequest.Signs(presented.SignedHeaders, "x-amz-target"))
        {
            return AuthenticationFault.Invalid("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
        }

        return CheckTime(presented, signed, date) ?? FindKey(scope, presented.SecurityToken, out key) ?? CheckSignature(request, presented, scope, date, body, hasBody, key!);
    }

    private AuthenticationFault? CheckTime(in PresentedSignature presented, DateTimeOffset signed, string date)
    {
        var now = clock.GetUtcNow();
        var skew = options.Value.ClockSkew;
        if (signed > now + skew)
        {
            return AuthenticationFault.Invalid(
                $"Signature not yet current: {date} is still later than {Format(now + skew)} ({Format(now)} + {Minutes(skew)} min.)");
        }

        var lifetime = skew;
        if (!presented.Expires.IsEmpty)
        {
            if (!int.TryParse(presented.Expires, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > 604_800)
            {
                return AuthenticationFault.Incomplete("X-Amz-Expires must be a number of seconds from 1 to 604800. Re-examine the query-string parameters.");
            }

            lifetime = TimeSpan.FromSeconds(seconds);
        }

        return signed >= now - lifetime ? null : AuthenticationFault.Invalid(
            $"Signature expired: {date} is now earlier than {Format(now - lifetime)} ({Format(now)} - {Minutes(lifetime)} min.)");
    }

    private AuthenticationFault? FindKey(in CredentialScope scope, ReadOnlySpan<char> securityToken, out AccessKey? key)
    {
        key = keys.Find(scope.AccessKeyId);
        if (key is null || !key.IsEnabled || !key.TokenIs(securityToken))
        {
            return AuthenticationFault.UnknownKey;
        }

        return key.Expires <= clock.GetUtcNow() ? AuthenticationFault.ExpiredKey : null;
    }

    private AuthenticationFault? CheckSignature(
        HttpRequest request, in PresentedSignature presented, in CredentialScope scope, string date, ReadOnlySpan<byte> body, bool hasBody, AccessKey key)
    {
        var said = SaidHash(request, presented);
        if (!hasBody && said != UnsignedPayload)
        {
            return AuthenticationFault.Invalid($"A gRPC call must be signed with '{ContentHash}: {UnsignedPayload}' as a 'SignedHeader'.");
        }

        // The signatures of chunks lie in the body and are not looked at: taken, such a body would be covered by nothing.
        if (said.StartsWith("STREAMING-", StringComparison.Ordinal) && said != UnsignedChunks)
        {
            return AuthenticationFault.Invalid(
                $"'{ContentHash}: {said}' is not taken: it must be {UnsignedPayload}, {UnsignedChunks} or the SHA-256 of the body.");
        }

        var payload = said is UnsignedPayload or UnsignedChunks ? said : Convert.ToHexStringLower(SHA256.HashData(body));
        var signingKey = key.SigningKeyOf(scope.Date, identity.Region);
        if (Matches(request, presented, scope, date, payload, signingKey, encodePathAgain: true)
            || (request.Path.ToUriComponent().Contains('%', StringComparison.Ordinal) && Matches(request, presented, scope, date, payload, signingKey, encodePathAgain: false)))
        {
            return null;
        }

        return AuthenticationFault.SignatureMismatch;
    }

    private static bool Matches(
        HttpRequest request, in PresentedSignature presented, in CredentialScope scope, string date, string payload, byte[] key, bool encodePathAgain)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        CanonicalRequest.Hash(request, presented.SignedHeaders, payload, encodePathAgain, hash);
        Span<byte> expected = stackalloc byte[SigningKey.Bytes];
        SigningKey.Sign(key, date, scope.Text, hash, expected);
        Span<byte> given = stackalloc byte[SigningKey.Bytes];
        return presented.Signature.Length == 2 * SigningKey.Bytes
            && Convert.FromHexString(presented.Signature, given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(expected, given);
    }

    /// <summary>What a signed header (or parameter) says that the body is signed as; empty where it says nothing, which stands for its hash.</summary>
    private static string SaidHash(HttpRequest request, in PresentedSignature presented) =>
        presented.IsQuery && request.Query.TryGetValue("X-Amz-Content-Sha256", out var parameter) ? parameter.ToString()
        : CanonicalRequest.Signs(presented.SignedHeaders, ContentHash) ? request.Headers[ContentHash].ToString()
        : "";

    private static bool TryReadDate(ReadOnlySpan<char> text, out DateTimeOffset date) =>
        DateTimeOffset.TryParseExact(text, BasicFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date)
        || DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);

    private static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(BasicFormat, CultureInfo.InvariantCulture);

    private static string Minutes(TimeSpan span) => span.TotalMinutes.ToString("0.##", CultureInfo.InvariantCulture);
}
