using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Blocks;

namespace Broker.Gateway.Aws;

/// <summary>What the attempts of one put have in common: who sends it, the SDK's invocation id, and the body.</summary>
/// <param name="Identity">The batch's identity, which shards know repeats by.</param>
/// <param name="IsRepeat">Not the first attempt: an earlier one may still be on its way, through another gateway too.</param>
internal sealed record RetryIdentity(BatchIdentity Identity, bool IsRepeat)
{
    /// <summary>The header by which SDKs tell a retry from a new call of the same content.</summary>
    public const string Header = "amz-sdk-invocation-id";

    /// <summary>The header in which SDKs count the attempts, from 1: <c>attempt=2; max=3</c>.</summary>
    public const string AttemptHeader = "amz-sdk-request";

    private const string AttemptKey = "attempt=";
    private const int MaxIdLength = 128;

    /// <returns>Null where there is no id, or none that an SDK would make.</returns>
    public static RetryIdentity? Of(string accessKeyId, string? invocationId, string? attempt, ReadOnlySpan<byte> body)
    {
        if (invocationId is not { Length: > 0 and <= MaxIdLength })
        {
            return null;
        }

        // The body only has to differ from its own client's others, so a fast hash of it does; the lengths keep the parts apart.
        var text = Encoding.UTF8.GetBytes($"{accessKeyId.Length} {invocationId.Length} {accessKeyId} {invocationId} {XxHash128.HashToUInt128(body)}");
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, digest);
        return new RetryIdentity(new BatchIdentity(
            new Guid(digest[..16], bigEndian: true), BatchIdentity.RequestEpoch, BinaryPrimitives.ReadUInt64LittleEndian(digest[16..])), IsRepeatOf(attempt));
    }

    private static bool IsRepeatOf(ReadOnlySpan<char> request)
    {
        foreach (var part in request.Split(';'))
        {
            var field = request[part].Trim();
            if (field.StartsWith(AttemptKey, StringComparison.OrdinalIgnoreCase))
            {
                return int.TryParse(field[AttemptKey.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 1;
            }
        }

        return false;
    }
}
