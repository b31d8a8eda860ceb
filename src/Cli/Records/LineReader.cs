using System.Buffers;
using System.IO.Pipelines;

namespace Broker.Cli.Records;

/// <summary>Reads lines of bytes, as many at once as are there, so that a caller can tell a pause from the end.</summary>
internal sealed class LineReader(Stream input)
{
    /// <summary>The longest line: the largest record that a stream can be set to take.</summary>
    public const int MaxLineBytes = 10 * 1024 * 1024;

    private readonly PipeReader reader = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: 256 * 1024, leaveOpen: true));
    private Task<ReadResult>? reading;
    private ReadOnlySequence<byte> buffered;
    private bool isLast;

    /// <summary>Bytes taken from the input so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Takes the next complete line, without its end (LF or CRLF); the span holds until the next <see cref="ReadMoreAsync"/>.</summary>
    /// <exception cref="FormatException">A line is longer than <see cref="MaxLineBytes"/>.</exception>
    public bool TryTake(out ReadOnlySequence<byte> line)
    {
        if (buffered.PositionOf((byte)'\n') is { } end)
        {
            line = buffered.Slice(0, end);
            buffered = buffered.Slice(buffered.GetPosition(1, end));
            BytesRead += line.Length + 1;
        }
        else if (isLast && !buffered.IsEmpty)
        {
            line = buffered;
            buffered = default;
            BytesRead += line.Length;
        }
        else
        {
            line = default;
            return buffered.Length > MaxLineBytes
                ? throw new FormatException($"is longer than a record may be ({MaxLineBytes} bytes)")
                : false;
        }

        if (!line.IsEmpty && line.Slice(line.Length - 1).FirstSpan[0] == '\r')
        {
            line = line.Slice(0, line.Length - 1);
        }

        return true;
    }

    /// <summary>Waits for more input until it comes, ends, or <paramref name="patience"/> is over.</summary>
    /// <returns>Whether there is more to take; null when patience is over and the same question may be asked again.</returns>
    public async ValueTask<bool?> ReadMoreAsync(TimeSpan patience, CancellationToken cancellation)
    {
        if (isLast)
        {
            return false;
        }

        if (reading is null)
        {
            reader.AdvanceTo(buffered.Start, buffered.End);
            buffered = default; // The reader's again; what is left of it comes with the next result.
            reading = reader.ReadAsync(cancellation).AsTask();
        }

        try
        {
            var result = await reading.WaitAsync(patience, cancellation);
            reading = null;
            buffered = result.Buffer;
            isLast = result.IsCompleted;
            return true;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }
}
