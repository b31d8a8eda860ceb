using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Blocks;

namespace Broker.Gateway.Aws;

/// <summary>What the attempts of one put have in common: who sends it, the SDK's invocation id, and the body.</summary>
/// <param name="Identity">The batch's identity, which shards know repeats by.</param>
internal sealed record RetryIdentity(BatchIdentity Identity)
{
    /// <summary>The header by which SDKs tell a retry from a new call of the same content.</summary>
    public const string Header = "amz-sdk-invocation-id";

    private const int MaxIdLength = 128;

    /// <returns>Null where there is no id, or none that an SDK would make.</returns>
    public static RetryIdentity? Of(string accessKeyId, string? invocationId, ReadOnlySpan<byte> body)
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
            new Guid(digest[..16], bigEndian: true), BatchIdentity.RequestEpoch, BinaryPrimitives.ReadUInt64LittleEndian(digest[16..])));
    }
}
