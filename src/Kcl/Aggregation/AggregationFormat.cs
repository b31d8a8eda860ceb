using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Broker.Kcl.Aggregation;

/// <summary>The frame of an aggregated record: a magic number, a protobuf message, the message's MD5.</summary>
internal static class AggregationFormat
{
    /// <summary>Bytes of the trailer.</summary>
    public const int DigestBytes = MD5.HashSizeInBytes;

    /// <summary>The partition key of a record that holds several user records; where it goes is told by its explicit hash key.</summary>
    public const string PartitionKey = "a";

    /// <summary>What the data of an aggregated record begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0xF3, 0x89, 0x9A, 0xC2];

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's own checksum.")]
    public static void Digest(ReadOnlySpan<byte> message, Span<byte> destination) => MD5.HashData(message, destination);
}
