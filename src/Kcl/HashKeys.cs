using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Streams;

namespace Broker.Kcl;

/// <summary>Where partition keys and explicit hash keys lie in the 128-bit hash space.</summary>
internal static class HashKeys
{
    /// <summary>Most characters of a partition key.</summary>
    public const int MaxPartitionKeyLength = 256;

    /// <summary>The MD5 of a partition key in UTF-8, read as a big-endian number.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "AWS's partitioning function.")]
    public static UInt128 OfPartitionKey(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= ShortMd5.MaxBytes)
        {
            return ShortMd5.Hash(utf8);
        }

        Span<byte> digest = stackalloc byte[MD5.HashSizeInBytes];
        MD5.HashData(utf8, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    /// <inheritdoc cref="OfPartitionKey(ReadOnlySpan{byte})"/>
    public static UInt128 OfPartitionKey(string partitionKey)
    {
        if (partitionKey.Length > MaxPartitionKeyLength)
        {
            return OfPartitionKey(Encoding.UTF8.GetBytes(partitionKey));
        }

        Span<byte> utf8 = stackalloc byte[MaxPartitionKeyLength * 3];
        return OfPartitionKey(utf8[..Encoding.UTF8.GetBytes(partitionKey, utf8)]);
    }

    /// <summary>Where a record lies: at its explicit hash key, or else at the hash of its partition key.</summary>
    /// <exception cref="FormatException">The explicit hash key is not one.</exception>
    public static UInt128 Of(string partitionKey, string? explicitHashKey)
    {
        if (string.IsNullOrEmpty(explicitHashKey))
        {
            return OfPartitionKey(partitionKey);
        }

        return TryParse(explicitHashKey, out var key) ? key : throw new FormatException($"'{explicitHashKey}' is not an explicit hash key.");
    }

    /// <summary>Reads AWS's decimal form: no leading zeros, at most 2^128-1.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out UInt128 key)
    {
        key = default;
        return text.Length is > 0 and <= 39 && (text[0] != '0' || text.Length == 1)
            && UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out key);
    }

    public static string ToText(UInt128 key) => key.ToString(CultureInfo.InvariantCulture);
}
