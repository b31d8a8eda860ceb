using System.Buffers;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Indexes;
using Broker.Silo.Storage.Embedded.Journals;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Embedded;

/// <summary>Reads blocks from journal files: adjacent ones with one read of the device, each checked, each with bytes of its own.</summary>
internal sealed partial class BlockReader(ILogger logger)
{
    private const int RunBytes = 1024 * 1024;
    private const int SkipBytes = 64 * 1024;
    private long damagedBlocks;

    /// <summary>Blocks found damaged since start.</summary>
    public long DamagedBlocks => Interlocked.Read(ref damagedBlocks);

    /// <summary>Reads blocks in order; those before a damaged one are returned, a damaged first one is thrown.</summary>
    /// <param name="shard">Whose blocks they are.</param>
    /// <param name="places">Where they stand; the caller holds the files.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    public async ValueTask<List<RecordBlock>> ReadAsync(
        ShardKey shard, IReadOnlyList<(JournalFile File, IndexEntry Entry)> places, CancellationToken cancellationToken)
    {
        var blocks = new List<RecordBlock>(places.Count);
        for (var first = 0; first < places.Count;)
        {
            var file = places[first].File;
            var start = places[first].Entry.Offset;
            var end = start + places[first].Entry.Length;
            var next = first + 1;
            while (next < places.Count && places[next].File == file
                && places[next].Entry.Offset >= end && places[next].Entry.Offset - end <= SkipBytes
                && places[next].Entry.Offset + places[next].Entry.Length - start <= RunBytes)
            {
                end = places[next].Entry.Offset + places[next].Entry.Length;
                next++;
            }

            var run = ArrayPool<byte>.Shared.Rent((int)(end - start));
            try
            {
                var device = await file.FileAsync();
                var count = await device.ReadAsync(start, run.AsMemory(0, (int)(end - start)), uncached: false, cancellationToken);
                for (; first < next; first++)
                {
                    var entry = places[first].Entry;
                    var offset = (int)(entry.Offset - start);
                    var block = offset + entry.Length <= count ? Decode(shard, entry, run.AsSpan(offset, entry.Length).ToArray()) : null;
                    block ??= await ReadAgainAsync(shard, file, entry, isFirst: blocks.Count == 0, cancellationToken);
                    if (block is null)
                    {
                        return blocks;
                    }

                    blocks.Add(block);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(run);
            }
        }

        return blocks;
    }

    private static RecordBlock? Decode(ShardKey shard, in IndexEntry entry, byte[] bytes)
    {
        var fault = RecordBlock.TryDecode(bytes, out var block);
        return fault == BlockFault.None && block!.Head.Shard == shard && block.Head.Ordinal == entry.Ordinal ? block : null;
    }

    /// <summary>The damage may be in memory only: the medium has the last word.</summary>
    private async ValueTask<RecordBlock?> ReadAgainAsync(
        ShardKey shard, JournalFile file, IndexEntry entry, bool isFirst, CancellationToken cancellationToken)
    {
        var bytes = new byte[entry.Length];
        var device = await file.FileAsync();
        var count = await device.ReadAsync(entry.Offset, bytes, uncached: true, cancellationToken);
        if (count == entry.Length && Decode(shard, entry, bytes) is { } block)
        {
            LogMended(logger, file.Name, entry.Offset, shard);
            return block;
        }

        Interlocked.Increment(ref damagedBlocks);
        LogDamaged(logger, file.Name, entry.Offset, shard, entry.Ordinal);
        return isFirst
            ? throw new StorageException(
                StorageFault.Corrupt,
                $"{file.Name} is damaged at {entry.Offset}: block {entry.Ordinal} of shard {shard}, {entry.RecordCount} records from position {entry.FirstPosition}.")
            : null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Journal file {File} is damaged at {Offset}: block {Ordinal} of shard {Shard} cannot be served.")]
    private static partial void LogDamaged(ILogger logger, string file, long offset, ShardKey shard, long ordinal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Journal file {File} at {Offset}, shard {Shard}: the first read was damaged, a direct one was not. Suspect memory or the system's cache.")]
    private static partial void LogMended(ILogger logger, string file, long offset, ShardKey shard);
}
