using System.Buffers;
using System.Collections.Immutable;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Contracts.Blocks;

/// <summary>Gathers records of one shard into a payload, then into a block. Not thread-safe; reusable after a build.</summary>
/// <remarks>Its scratch buffer is rented and returned by <see cref="Dispose"/>; what it builds owns exact copies.</remarks>
public sealed class PayloadBuilder : IDisposable
{
    private byte[] buffer = [];

    public int RecordCount { get; private set; }

    /// <summary>Bytes gathered so far.</summary>
    public int Length { get; private set; }

    /// <summary>Adds one record; the spans are copied.</summary>
    public void Add(ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, HashKey? explicitHashKey)
    {
        var length = BlockRecordLayout.Length(partitionKey.Length, data.Length, explicitHashKey is not null);
        Reserve(length);
        Length += BlockRecordLayout.Write(buffer.AsSpan(Length), partitionKey, data, explicitHashKey);
        RecordCount++;
    }

    /// <summary>Adds whole records that are already in the payload's layout.</summary>
    public void AddEncoded(ReadOnlySpan<byte> records, int recordCount)
    {
        Reserve(records.Length);
        records.CopyTo(buffer.AsSpan(Length));
        Length += records.Length;
        RecordCount += recordCount;
    }

    /// <summary>What was gathered, valid until the next change.</summary>
    public ReadOnlySpan<byte> Gathered => buffer.AsSpan(0, Length);

    /// <summary>Starts anew.</summary>
    public void Clear()
    {
        Length = 0;
        RecordCount = 0;
    }

    /// <summary>Takes what was gathered as a payload of its own and starts anew.</summary>
    public byte[] TakePayload()
    {
        var payload = GC.AllocateUninitializedArray<byte>(Length);
        Gathered.CopyTo(payload);
        Clear();
        return payload;
    }

    /// <summary>Takes what was gathered as an unstamped block and starts anew.</summary>
    public RecordBlock Build(ShardKey shard, ImmutableArray<BlockIdentity> identities)
    {
        var recordCount = RecordCount;
        return MakeBlock(shard, TakePayload(), recordCount, identities);
    }

    /// <summary>An unstamped block around a payload that nobody will change any more.</summary>
    public static RecordBlock MakeBlock(
        ShardKey shard, byte[] payload, int recordCount, ImmutableArray<BlockIdentity> identities, BlockFlags flags = BlockFlags.None) => new(
        new BlockHead
        {
            Shard = shard,
            Flags = flags,
            PayloadLength = payload.Length,
            PlainLength = payload.Length,
            PayloadChecksum = Crc32C.Compute(payload),
            RecordCount = recordCount,
        },
        identities,
        payload);

    public void Dispose()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = [];
        }
    }

    private void Reserve(int more)
    {
        if (buffer.Length - Length >= more)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Length + more, Math.Max(4096, buffer.Length * 2)));
        buffer.AsSpan(0, Length).CopyTo(larger);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        buffer = larger;
    }
}
