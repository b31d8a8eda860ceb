namespace Broker.Agent.Tailing;

/// <summary>Finds the ends of lines in a file that is not read from its start.</summary>
internal static class LineEnds
{
    private const int ChunkBytes = 65_536;

    /// <summary>
    /// Behind the last whole line; the beginning where the header is not whole yet. The end of the file where no line ends in the stretch
    /// before it that a record may take.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static long LastIn(ILogSource source, TailOptions options)
    {
        var length = source.Length;
        var chunk = new byte[ChunkBytes];
        if (options.SkipHeaderLines > 0)
        {
            var lines = 0;
            for (long at = 0; lines < options.SkipHeaderLines && source.Read(at, chunk) is > 0 and var read; at += read)
            {
                lines += chunk.AsSpan(0, read).Count((byte)'\n');
            }

            if (lines < options.SkipHeaderLines)
            {
                return 0;
            }
        }

        var least = Math.Max(0, length - options.MaxRecordBytes);
        for (var end = length; end > least;)
        {
            var from = Math.Max(least, end - ChunkBytes);
            var count = Fingerprint.ReadWhole(source, from, chunk.AsSpan(0, (int)(end - from)));
            if (chunk.AsSpan(0, count).LastIndexOf((byte)'\n') is >= 0 and var found)
            {
                return from + found + 1;
            }

            end = from;
        }

        return least == 0 ? 0 : length;
    }
}
