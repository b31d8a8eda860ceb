using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Broker.Contracts.Streams;

/// <summary>A point of the 128-bit hash space, 0 to 2^128-1, in which every record of a stream has its place.</summary>
/// <remarks>
/// A partition key's hash key is its MD5 digest read as a big-endian number (AWS, PutRecord). MD5 spreads keys here; it
/// protects nothing.
/// </remarks>
[GenerateSerializer, Immutable]
[Alias("broker.HashKey")]
public readonly record struct HashKey([property: Id(0)] UInt128 Value) : IComparable<HashKey>
{
    /// <summary>The longest partition key, in UTF-8 bytes: 256 characters of at most 4 bytes.</summary>
    public const int MaxPartitionKeyBytes = 256 * 4;

    public static HashKey Min => new(UInt128.MinValue);

    public static HashKey Max => new(UInt128.MaxValue);

    /// <summary>Hashes a partition key given as UTF-8.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "AWS's partitioning function.")]
    public static HashKey OfPartitionKey(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= ShortMd5.MaxBytes)
        {
            return new HashKey(ShortMd5.Hash(utf8));
        }

        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(utf8, digest);
        return new HashKey(BinaryPrimitives.ReadUInt128BigEndian(digest));
    }

    public static HashKey OfPartitionKey(string partitionKey)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(Math.Min(partitionKey.Length, 256))];
        return partitionKey.Length <= 256
            ? OfPartitionKey(utf8[..Encoding.UTF8.GetBytes(partitionKey, utf8)])
            : OfPartitionKey(Encoding.UTF8.GetBytes(partitionKey));
    }

    /// <summary>Reads AWS's decimal form: <c>0|([1-9]\d{0,38})</c>, at most 2^128-1.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out HashKey key)
    {
        key = default;
        if (string.IsNullOrEmpty(text) || text.Length > 39 || (text[0] == '0' && text.Length > 1))
        {
            return false;
        }

        if (!UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        key = new HashKey(value);
        return true;
    }

    public int CompareTo(HashKey other) => Value.CompareTo(other.Value);

    public static bool operator <(HashKey left, HashKey right) => left.Value < right.Value;

    public static bool operator >(HashKey left, HashKey right) => left.Value > right.Value;

    public static bool operator <=(HashKey left, HashKey right) => left.Value <= right.Value;

    public static bool operator >=(HashKey left, HashKey right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
