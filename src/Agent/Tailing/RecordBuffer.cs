namespace Broker.Agent.Tailing;

/// <summary>What was read of a file and has not become records yet.</summary>
/// <remarks>For one caller at a time. Never much larger than the largest record that is kept (<see cref="TailOptions.MaxRecordBytes"/>).</remarks>
internal sealed class RecordBuffer(TailOptions options)
{
    private const int LeastChunkBytes = 4 * 1024;
    private const int MostChunkBytes = 256 * 1024;
    private byte[] bytes = [];
    private int first;
    private bool isHeaderDue;
    private bool isPassingOver;
    private bool isLineStart;

    /// <summary>Where in the file the first byte is.</summary>
    public long Start { get; private set; }

    /// <summary>Bytes.</summary>
    public int Length { get; private set; }

    private ReadOnlyMemory<byte> Content => bytes.AsMemory(first, Length);

    /// <summary>Begins anew at a place.</summary>
    public void Reset(long start)
    {
        Start = start;
        Length = 0;
        first = 0;
        isHeaderDue = start == 0 && options.SkipHeaderLines > 0;
        isPassingOver = false;
    }

    /// <summary>Room for what is read next.</summary>
    /// <param name="available">Bytes that there are to read.</param>
    public Memory<byte> Space(long available)
    {
        var chunk = (int)Math.Clamp(available, LeastChunkBytes, MostChunkBytes);
        if (bytes.Length - first - Length < chunk)
        {
            var target = bytes.Length < Length + chunk ? new byte[Length == 0 ? chunk : (Length + chunk) * 2] : bytes;
            bytes.AsSpan(first, Length).CopyTo(target);
            (bytes, first) = (target, 0);
        }

        return bytes.AsMemory(first + Length, chunk);
    }

    /// <summary>Lets the memory go where there is nothing in it: many files are followed, and few are read at a time.</summary>
    public void Trim()
    {
        if (Length == 0)
        {
            (bytes, first) = ([], 0);
        }
    }

    public void Commit(int count)
    {
        if (Start == 0 && Length == 0)
        {
            isHeaderDue = options.SkipHeaderLines > 0;
        }

        Length += count;
    }

    /// <summary>Takes a record.</summary>
    /// <param name="quietFor">How long nothing has come.</param>
    /// <param name="isFinal">Whether nothing more will come.</param>
    /// <param name="data">Its bytes.</param>
    /// <param name="end">Up to where the file is dealt with when the record is.</param>
    /// <param name="isSkipped">Whether there is nothing to send.</param>
    public bool TryTake(TimeSpan quietFor, bool isFinal, out ReadOnlyMemory<byte> data, out long end, out bool isSkipped)
    {
        (data, end, isSkipped) = (default, 0, true);
        if (Length == 0)
        {
            return false;
        }

        if (isHeaderDue)
        {
            return TrySkipHeader(isFinal, out end);
        }

        if (isPassingOver && !TryPassOver(isFinal, out end))
        {
            return false;
        }

        if (end > 0)
        {
            return true;
        }

        var content = Content.Span;
        var length = options.Splitter.LengthOfFirst(content);
        if (length == 0 && options.Splitter.NeedsQuiet && quietFor >= options.RecordQuiet)
        {
            length = options.Splitter.LengthOfLast(content);
        }

        length = length == 0 && isFinal ? Length : length;
        isSkipped = false;
        if (length > 0)
        {
            data = Content[..length];
            Drop(length);
            end = Start;
            return true;
        }

        if (Length < options.MaxRecordBytes)
        {
            return false;
        }

        // Too long to be kept until its end comes: this much is sent, and the file is dealt with only when the rest is passed over.
        data = Content;
        end = Start;
        isPassingOver = true;
        isLineStart = content[^1] == (byte)'\n';
        Drop(Length);
        return true;
    }

    private bool TrySkipHeader(bool isFinal, out long end)
    {
        end = 0;
        var content = Content.Span;
        var at = 0;
        for (var lines = 0; lines < options.SkipHeaderLines; lines++)
        {
            var length = content[at..].IndexOf((byte)'\n') + 1;
            if (length == 0)
            {
                if (!isFinal && Length < options.MaxRecordBytes)
                {
                    return false;
                }

                at = Length;
                break;
            }

            at += length;
        }

        isHeaderDue = false;
        Drop(at);
        end = Start;
        return true;
    }

    private bool TryPassOver(bool isFinal, out long end)
    {
        var content = Content.Span;
        var rest = isFinal ? Length : options.Splitter.LengthOfRest(content, isLineStart);
        if (rest >= 0)
        {
            isPassingOver = false;
            Drop(rest);
            end = Start;
            return true;
        }

        end = 0;
        var lines = content.LastIndexOf((byte)'\n') + 1;
        if (lines > 0)
        {
            isLineStart = true;
            Drop(lines);
        }
        else if (Length >= options.MaxRecordBytes)
        {
            isLineStart = false;
            Drop(Length);
        }

        return false;
    }

    private void Drop(int count)
    {
        first += count;
        Length -= count;
        Start += count;
    }
}
