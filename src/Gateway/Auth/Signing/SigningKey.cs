using System.Security.Cryptography;
using System.Text;

namespace Broker.Gateway.Auth.Signing;

/// <summary>Signature Version 4's key derivation and signature (AWS, "Create a signed AWS API request").</summary>
public static class SigningKey
{
    /// <summary>The only algorithm of ours: HMAC with a shared secret.</summary>
    public const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>What ends every credential scope.</summary>
    public const string Terminator = "aws4_request";

    /// <summary>The service in the credential scope of every entrance.</summary>
    public const string Service = "kinesis";

    /// <summary>Bytes of a key and of a signature.</summary>
    public const int Bytes = 32;

    /// <summary>The key of one day, region and service.</summary>
    /// <param name="secret">The secret access key.</param>
    /// <param name="date">yyyyMMdd.</param>
    /// <param name="region">The region of the credential scope.</param>
    /// <param name="service">The service of the credential scope.</param>
    public static byte[] Derive(string secret, string date, string region, string service)
    {
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + secret), Encoding.UTF8.GetBytes(date));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(region));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(service));
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(Terminator));
    }

    /// <summary>Signs the hash of a canonical request.</summary>
    /// <param name="key">From <see cref="Derive"/>.</param>
    /// <param name="date">yyyyMMddTHHmmssZ.</param>
    /// <param name="scope">DATE/REGION/SERVICE/aws4_request.</param>
    /// <param name="canonicalHash">SHA-256 of the canonical request.</param>
    /// <param name="signature">Takes <see cref="Bytes"/> bytes.</param>
    public static void Sign(
        ReadOnlySpan<byte> key, ReadOnlySpan<char> date, ReadOnlySpan<char> scope, ReadOnlySpan<byte> canonicalHash, Span<byte> signature) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Algorithm}\n{date}\n{scope}\n{Convert.ToHexStringLower(canonicalHash)}"), signature);
}
