using System.Buffers.Binary;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>Where the shards of a frame ended, repeated in the frame after it: should the one be damaged, it is known whose blocks are lost. docs/layouts/journal.md must match.</summary>
internal static class FrameEcho
{
    public const int RowLength = 48;

    public static byte[] Of(IReadOnlyList<PendingAppend> appends)
    {
        var ends = new Dictionary<ShardKey, ShardEnd>(appends.Count);
        foreach (var append in appends)
        {
            var end = ends.GetValueOrDefault(append.Append.Shard, ShardEnd.Empty);
            foreach (var block in append.Append.Blocks)
            {
                end = end.After(block.Head);
            }

            ends[append.Append.Shard] = end;
        }

        var echo = new byte[ends.Count * RowLength];
        var row = echo.AsSpan();
        foreach (var (shard, end) in ends)
        {
            BinaryPrimitives.WriteInt64LittleEndian(row, shard.Stream.Value);
            BinaryPrimitives.WriteInt32LittleEndian(row[8..], shard.Shard.Index);
            BinaryPrimitives.WriteInt32LittleEndian(row[12..], end.IsSealed ? 1 : 0);
            BinaryPrimitives.WriteInt64LittleEndian(row[16..], end.NextOrdinal);
            BinaryPrimitives.WriteInt64LittleEndian(row[24..], end.NextPosition);
            BinaryPrimitives.WriteInt64LittleEndian(row[32..], end.LastArrival);
            BinaryPrimitives.WriteInt64LittleEndian(row[40..], end.StateOrdinal);
            row = row[RowLength..];
        }

        return echo;
    }

    /// <summary>Adds what an echo says to what is known; later echoes win.</summary>
    public static void AddTo(Dictionary<ShardKey, ShardEnd> ends, ReadOnlySpan<byte> echo)
    {
        for (; echo.Length >= RowLength; echo = echo[RowLength..])
        {
            var shard = new ShardKey(
                new StreamGeneration(BinaryPrimitives.ReadInt64LittleEndian(echo)), new ShardId(BinaryPrimitives.ReadInt32LittleEndian(echo[8..])));
            ends[shard] = new ShardEnd(
                BinaryPrimitives.ReadInt64LittleEndian(echo[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(echo[24..]),
                BinaryPrimitives.ReadInt64LittleEndian(echo[32..]),
                BinaryPrimitives.ReadInt64LittleEndian(echo[40..]),
                (BinaryPrimitives.ReadInt32LittleEndian(echo[12..]) & 1) != 0);
        }
    }
}
