using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Broker.Tests.Conformance.Wire;

/// <summary>Signature version 4 of a POST without query, over the headers that it is given.</summary>
public static class SigV4
{
    /// <summary>The Authorization header.</summary>
    /// <param name="path">The path, without characters that would be encoded.</param>
    /// <param name="headers">Headers to sign, with host and x-amz-date among them.</param>
    /// <param name="body">The body.</param>
    /// <param name="credentials">The key.</param>
    /// <param name="now">The time in x-amz-date.</param>
    public static string Authorize(
        string path, IReadOnlyDictionary<string, string> headers, ReadOnlySpan<byte> body, Credentials credentials, DateTimeOffset now)
    {
        var ordered = headers.OrderBy(header => header.Key, StringComparer.Ordinal).ToList();
        var names = string.Join(';', ordered.Select(header => header.Key));
        var canonical = $"POST\n{path}\n\n{string.Concat(ordered.Select(header => $"{header.Key}:{header.Value}\n"))}\n{names}\n{Hex(SHA256.HashData(body))}";
        var day = now.UtcDateTime.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var scope = $"{day}/{ConformanceFixture.Region}/kinesis/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{Stamp(now)}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + credentials.SecretAccessKey);
        foreach (var part in (string[])[day, ConformanceFixture.Region, "kinesis", "aws4_request"])
        {
            key = Mac(key, part);
        }

        return $"AWS4-HMAC-SHA256 Credential={credentials.AccessKeyId}/{scope}, SignedHeaders={names}, Signature={Hex(Mac(key, text))}";
    }

    public static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
