using System.Buffers.Binary;
using Broker.Contracts.Streams;

namespace Broker.Contracts.Blocks;

/// <summary>How a record lies in a payload: flags u8, key length u16, data length u32, [hash key 16], key, data. docs/layouts/block.md must match.</summary>
internal static class BlockRecordLayout
{
    public const int FixedLength = 7;
    public const int HashKeyLength = 16;
    public const byte HasPartitionKey = 1;
    public const byte HasExplicitHashKey = 2;

    public static int Length(int partitionKeyBytes, int dataBytes, bool explicitHashKey) =>
        FixedLength + (explicitHashKey ? HashKeyLength : 0) + partitionKeyBytes + dataBytes;

    public static int Write(Span<byte> destination, ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, HashKey? explicitHashKey)
    {
        destination[0] = (byte)((partitionKey.IsEmpty ? 0 : HasPartitionKey) | (explicitHashKey is null ? 0 : HasExplicitHashKey));
        BinaryPrimitives.WriteUInt16LittleEndian(destination[1..], (ushort)partitionKey.Length);
        BinaryPrimitives.WriteInt32LittleEndian(destination[3..], data.Length);
        var offset = FixedLength;
        if (explicitHashKey is { } hashKey)
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination[offset..], hashKey.Value);
            offset += HashKeyLength;
        }

        partitionKey.CopyTo(destination[offset..]);
        offset += partitionKey.Length;
        data.CopyTo(destination[offset..]);
        return offset + data.Length;
    }

    /// <exception cref="InvalidDataException">The lengths do not fit: the payload's checksum held, so whoever wrote it was wrong.</exception>
    public static int Read(ReadOnlySpan<byte> source, out BlockRecord record)
    {
        if (source.Length < FixedLength)
        {
            throw new InvalidDataException($"A record needs {FixedLength} bytes, {source.Length} are left in the payload.");
        }

        var flags = source[0];
        var keyLength = BinaryPrimitives.ReadUInt16LittleEndian(source[1..]);
        var dataLength = BinaryPrimitives.ReadInt32LittleEndian(source[3..]);
        var hasHashKey = (flags & HasExplicitHashKey) != 0;
        var length = (long)FixedLength + (hasHashKey ? HashKeyLength : 0) + keyLength + dataLength;
        if (dataLength < 0 || length > source.Length)
        {
            throw new InvalidDataException($"A record of {length} bytes does not fit the {source.Length} that are left in the payload.");
        }

        var offset = FixedLength;
        HashKey? hashKey = null;
        if (hasHashKey)
        {
            hashKey = new HashKey(BinaryPrimitives.ReadUInt128BigEndian(source[offset..]));
            offset += HashKeyLength;
        }

        record = new BlockRecord(source.Slice(offset, keyLength), source.Slice(offset + keyLength, dataLength), hashKey);
        return (int)length;
    }
}
