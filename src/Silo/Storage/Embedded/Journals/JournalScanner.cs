using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Indexes;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>Finds the frames of a journal file that has no index, and tells a torn end from damage.</summary>
/// <remarks>
/// One write is in flight at a time, so a frame that cannot be read was durable if any frame stands after it, or if the file is
/// known to reach further: then it is damage, reported, and the frames after it stay readable. Otherwise it is the torn end, and cut.
/// </remarks>
/// <param name="name">The file, for messages.</param>
/// <param name="generation">From its name.</param>
/// <param name="salt">From its header; null where that is damaged.</param>
/// <param name="knownEnd">Where the file is known to end, and the last frame's ordinal; null where it is for the scan to find out.</param>
/// <param name="bugs">Planted by tests.</param>
internal sealed class JournalScanner(string name, ulong generation, ulong? salt, (long Offset, ulong LastOrdinal)? knownEnd, PlantedBugs bugs)
{
    private readonly LiveIndex index = new();
    private readonly Dictionary<ShardKey, ShardEnd> echoes = [];
    private readonly List<string> damages = [];

    public async ValueTask<JournalScan> ScanAsync(IDeviceFile file, CancellationToken cancellationToken)
    {
        var limit = Math.Min(knownEnd?.Offset ?? file.Length, file.Length);
        var window = new ScanWindow(file, limit);
        long offset = AlignedMemory.Alignment;
        var end = offset;
        ulong last = 0, endOrdinal = 0;
        (long From, long To)? suspect = null;
        while (offset + AlignedMemory.Alignment <= limit)
        {
            var page = await window.GetAsync(offset, FrameHeader.EncodedLength, cancellationToken);
            var isFrame = FrameHeader.TryDecode(page.Span, generation, salt, name, out var frame)
                && frame.Ordinal > last
                && offset + frame.PaddedLength <= limit;
            if (isFrame && suspect is { } damaged)
            {
                damages.Add($"{name}: bytes {damaged.From} to {offset} are damaged; frame {frame.Ordinal} stands after them.");
                await IndexDamagedAsync(window, damaged.From, damaged.To, cancellationToken);
                suspect = null;
            }

            if (!isFrame)
            {
                suspect ??= (offset, offset);
                offset += AlignedMemory.Alignment;
            }
            else
            {
                last = frame.Ordinal;
                var whole = await window.GetAsync(offset, FrameHeader.EncodedLength + frame.BodyLength, cancellationToken);
                var isWhole = whole.Length == FrameHeader.EncodedLength + frame.BodyLength
                    && Crc32C.Compute(whole.Span[FrameHeader.EncodedLength..]) == frame.BodyChecksum;
                if (isWhole)
                {
                    IndexBlocks(whole.Span[FrameHeader.EncodedLength..^frame.EchoLength], offset + FrameHeader.EncodedLength);
                    FrameEcho.AddTo(echoes, whole.Span[^frame.EchoLength..]);
                    end = offset + frame.PaddedLength;
                    endOrdinal = last;
                }
                else
                {
                    suspect = (offset, offset + frame.PaddedLength);
                }

                offset += frame.PaddedLength;
            }

            if (suspect is not null && bugs.HasFlag(PlantedBugs.CutMiddle))
            {
                break;
            }
        }

        if (knownEnd is not { } known || end >= known.Offset)
        {
            return new JournalScan(index, end, endOrdinal, echoes, damages);
        }

        damages.Add($"{name}: bytes {end} to {known.Offset} are damaged; the file is known to reach frame {known.LastOrdinal}.");
        if (suspect is { } tail)
        {
            await IndexDamagedAsync(window, tail.From, tail.To, cancellationToken);
        }

        return new JournalScan(index, known.Offset, known.LastOrdinal, echoes, damages);
    }

    /// <summary>Of a frame whose checksum fails, every block whose head is good has its place, so that reading it reports the damage.</summary>
    private async ValueTask IndexDamagedAsync(ScanWindow window, long from, long to, CancellationToken cancellationToken)
    {
        if (to <= from + FrameHeader.EncodedLength)
        {
            return;
        }

        var body = await window.GetAsync(from, checked((int)(to - from)), cancellationToken);
        if (body.Length > FrameHeader.EncodedLength && FrameHeader.TryDecode(body.Span, generation, salt, name, out _))
        {
            IndexBlocks(body.Span[FrameHeader.EncodedLength..], from + FrameHeader.EncodedLength);
        }
    }

    private void IndexBlocks(ReadOnlySpan<byte> body, long offset)
    {
        while (RecordBlock.TryReadLength(body, out var length) && length <= body.Length)
        {
            LayoutVersions.Check($"{name}, block at {offset},", body[4], BlockHead.Version);
            if (!RecordBlock.TryReadHead(body, out var head))
            {
                return;
            }

            index.Add(head.Shard, IndexEntry.Of(head, offset, length));
            body = body[length..];
            offset += length;
        }
    }
}
