using Broker.Agent.Files;

namespace Broker.Agent.Tailing;

/// <summary>One file's content through all its names: how far it is read, and how far what was read is acknowledged.</summary>
/// <remarks>
/// For one caller at a time. What was read last and the head are kept as fingerprints, and compared after each reading: a file that was
/// truncated and has grown again is not taken for its old self, whatever its length.
/// </remarks>
internal sealed class TrackedFile : IDisposable
{
    private const int AnchorBytes = 256;
    private const int LeastAnchorBytes = 32;
    private readonly LinkedList<Fingerprint> anchors = new();
    private readonly RecordBuffer buffer;
    private readonly byte[] recent = new byte[AnchorBytes];
    private int recentCount;
    private long modifiedAtEnd = -1;

    public TrackedFile(string path, FileId? id, TailOptions options)
    {
        Path = path;
        Id = id;
        buffer = new RecordBuffer(options);
    }

    /// <summary>The name under which it was seen last.</summary>
    public string Path { get; set; }

    /// <summary>Which file holds the content; null when that has to be found.</summary>
    public FileId? Id { get; set; }

    /// <summary>The beginning of the content.</summary>
    public Fingerprint Head { get; private set; } = Fingerprint.None;

    /// <summary>A place before <see cref="Acknowledged"/>.</summary>
    public Fingerprint Anchor { get; private set; } = Fingerprint.None;

    /// <summary>Everything before this is dealt with.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Where reading goes on.</summary>
    public long ReadEnd { get; private set; }

    /// <summary>Read to its end; others have followed it.</summary>
    public bool IsRead { get; private set; }

    /// <summary>Read to its end, and all of it dealt with.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The open content; null before it is found, and after it is not needed.</summary>
    public ILogSource? Source { get; private set; }

    /// <summary>When more was read last, or it was opened.</summary>
    public DateTimeOffset GrownAt { get; private set; }

    /// <summary>The file that was compared with it last, so that it is not compared again before it changes.</summary>
    public FileStamp? ComparedWith { get; set; }

    /// <summary>When it was found last in the file system.</summary>
    public DateTimeOffset SeenAt { get; set; }

    /// <summary>Since when its content is looked for; null when it is there.</summary>
    public DateTimeOffset? MissingSince { get; set; }

    /// <summary>Whether part of a record is read and waits for the rest.</summary>
    public bool HasRemainder => buffer.Length > 0;

    private Fingerprint Latest => anchors.Last?.Value ?? Anchor;

    /// <summary>Begins at a place in its content that is not the start.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void StartAt(long offset, ILogSource source)
    {
        Span<byte> bytes = stackalloc byte[Fingerprint.MaxBytes];
        var head = bytes[..Fingerprint.ReadWhole(source, 0, bytes[..(int)Math.Min(offset, bytes.Length)])];
        Head = Fingerprint.Of(0, head);
        var from = Math.Max(0, offset - AnchorBytes);
        var anchor = bytes[..Fingerprint.ReadWhole(source, from, bytes[..(int)(offset - from)])];
        Anchor = Fingerprint.Of(from, anchor);
        (Acknowledged, ReadEnd) = (offset, offset);
        buffer.Reset(offset);
    }

    /// <summary>Goes on as it was left.</summary>
    public void Restore(Fingerprint head, Fingerprint anchor, long acknowledged, bool isFinished)
    {
        (Head, Anchor, Acknowledged, IsFinished) = (head, anchor, acknowledged, isFinished);
        Rewind();
    }

    /// <summary>Begins behind what is in it already.</summary>
    /// <param name="source">Its content.</param>
    /// <param name="isRotated">Nothing more is expected of it.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Begin(ILogSource source, bool isRotated, TailOptions options)
    {
        StartAt(isRotated ? source.Length : LineEnds.LastIn(source, options), source);
        IsRead = IsFinished = isRotated;
    }

    /// <summary>Takes over its open content.</summary>
    public void Open(ILogSource source, DateTimeOffset now)
    {
        Source?.Dispose();
        Source = source;
        MissingSince = null;
        modifiedAtEnd = -1;
        (GrownAt, SeenAt) = (now, now);
    }

    public void Close()
    {
        Source?.Dispose();
        Source = null;
    }

    /// <summary>Whether a source holds what was read up to the last place that is dealt with.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public bool Fits(ILogSource source) => Head.Fits(source) && Anchor.Fits(source);

    /// <summary>Whether the open content still is what was read.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public bool IsIntact() => Source is { IsGrowing: false } || (Source is { } source && source.Length >= ReadEnd && Head.Fits(source) && Latest.Fits(source));

    /// <summary>Reads on, a chunk at most.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public FillResult Fill(DateTimeOffset now)
    {
        var source = Source!;
        var available = long.MaxValue;
        if (source is PlainSource plain)
        {
            var stamp = plain.Stamp;
            if (stamp.Length < ReadEnd)
            {
                return FillResult.Replaced;
            }

            if (stamp.Length == ReadEnd)
            {
                if (stamp.ModifiedNanoseconds != modifiedAtEnd && !IsIntact())
                {
                    return FillResult.Replaced;
                }

                modifiedAtEnd = stamp.ModifiedNanoseconds;
                buffer.Trim();
                return FillResult.AtEnd;
            }

            available = stamp.Length - ReadEnd;
        }

        var space = buffer.Space(available);
        var count = source.Read(ReadEnd, space.Span);
        if (count == 0)
        {
            return FillResult.AtEnd;
        }

        // Only what is still there after it was read is known to come from this content and not from the next.
        var chunk = space.Span[..count];
        if (!TryExtendHead(source, chunk) || (source.IsGrowing && !IsIntact()))
        {
            return FillResult.Replaced;
        }

        buffer.Commit(count);
        ReadEnd += count;
        GrownAt = now;
        IsRead = IsFinished = false;
        AddAnchor(chunk);
        return FillResult.More;
    }

    /// <summary>Takes the next record of what was read.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isFinal">Whether nothing more will come, so that what is there is a record.</param>
    /// <param name="record">The record.</param>
    public bool TryTake(DateTimeOffset now, bool isFinal, out LogRecord record)
    {
        if (buffer.TryTake(now - GrownAt, isFinal, out var data, out var end, out var isSkipped))
        {
            record = new LogRecord(this, data, end, isSkipped);
            return true;
        }

        record = default;
        return false;
    }

    /// <summary>Everything before a place is dealt with.</summary>
    public void Acknowledge(long end)
    {
        Acknowledged = Math.Max(Acknowledged, end);
        while (anchors.First is { } first && first.Value.End <= Acknowledged)
        {
            Anchor = first.Value;
            anchors.RemoveFirst();
        }

        IsFinished = IsRead && Acknowledged >= ReadEnd;
    }

    /// <summary>Nothing more is expected of it, until it grows again.</summary>
    public void MarkRead()
    {
        IsRead = true;
        Acknowledge(Acknowledged);
    }

    /// <summary>Takes it for read, and knows it by what is before a place from now on.</summary>
    public void EndAt(long length)
    {
        while (anchors.Last is { } last && last.Value.End > length)
        {
            anchors.RemoveLast();
        }

        MarkRead();
    }

    /// <summary>Gives up on what could not be read of it.</summary>
    public void Lose()
    {
        MissingSince = null;
        MarkRead();
    }

    /// <summary>A finished file has grown: it is read on.</summary>
    public void Resume()
    {
        IsRead = IsFinished = false;
    }

    /// <summary>Goes back to what is not dealt with.</summary>
    public void Rewind()
    {
        ReadEnd = Acknowledged;
        IsRead = IsFinished;
        anchors.Clear();
        recentCount = 0;
        modifiedAtEnd = -1;
        buffer.Reset(Acknowledged);
    }

    public void Dispose() => Close();

    private bool TryExtendHead(ILogSource source, ReadOnlySpan<byte> chunk)
    {
        var length = (int)Math.Min(Fingerprint.MaxBytes, ReadEnd + chunk.Length);
        if (length <= Head.Length || !source.IsGrowing)
        {
            if (Head.Length == 0 && ReadEnd == 0)
            {
                Head = Fingerprint.Of(0, chunk[..length]);
            }

            return true;
        }

        Span<byte> bytes = stackalloc byte[Fingerprint.MaxBytes];
        bytes = bytes[..length];
        if (Fingerprint.ReadWhole(source, 0, bytes) < length || (Head.Length > 0 && Fingerprint.Of(0, bytes[..Head.Length]) != Head))
        {
            return false;
        }

        // The head was read once more, after the chunk: where the two overlap they must be one.
        if (ReadEnd < length && !chunk[..(int)(length - ReadEnd)].SequenceEqual(bytes[(int)ReadEnd..]))
        {
            return false;
        }

        Head = Fingerprint.Of(0, bytes);
        return true;
    }

    private void AddAnchor(ReadOnlySpan<byte> chunk)
    {
        var tail = chunk[Math.Max(0, chunk.Length - AnchorBytes)..];
        var kept = Math.Min(recentCount, AnchorBytes - tail.Length);
        recent.AsSpan(recentCount - kept, kept).CopyTo(recent);
        tail.CopyTo(recent.AsSpan(kept));
        recentCount = kept + tail.Length;
        if (recentCount < LeastAnchorBytes && recentCount < ReadEnd)
        {
            return;
        }

        // Of the places inside a record that is not whole yet, the last one does.
        while (anchors.Last is { } last && last.Value.End > buffer.Start)
        {
            anchors.RemoveLast();
        }

        anchors.AddLast(Fingerprint.Of(ReadEnd - recentCount, recent.AsSpan(0, recentCount)));
    }
}
