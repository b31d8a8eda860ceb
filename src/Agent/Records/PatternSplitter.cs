using System.Text;
using System.Text.RegularExpressions;

namespace Broker.Agent.Records;

/// <summary>A record from each line that begins with a pattern up to the next such line.</summary>
internal sealed class PatternSplitter(Regex start) : IRecordSplitter
{
    public bool NeedsQuiet => true;

    public int LengthOfFirst(ReadOnlySpan<byte> content) => Math.Max(0, NextStart(content, content.IndexOf((byte)'\n') + 1));

    public int LengthOfLast(ReadOnlySpan<byte> content) => LengthOfFirst(content) is > 0 and var first ? first : content.LastIndexOf((byte)'\n') + 1;

    public int LengthOfRest(ReadOnlySpan<byte> content, bool isLineStart)
    {
        if (isLineStart)
        {
            return NextStart(content, 0);
        }

        return content.IndexOf((byte)'\n') + 1 is > 0 and var line ? NextStart(content, line) : -1;
    }

    /// <summary>Where the first line from a place on begins that begins a record; -1 when no whole line does.</summary>
    private int NextStart(ReadOnlySpan<byte> content, int from)
    {
        if (from == 0 && content.IndexOf((byte)'\n') < 0)
        {
            return -1;
        }

        for (var at = from; content[at..].IndexOf((byte)'\n') is >= 0 and var length; at += length + 1)
        {
            if (IsStart(content.Slice(at, length)))
            {
                return at;
            }
        }

        return -1;
    }

    private bool IsStart(ReadOnlySpan<byte> line)
    {
        try
        {
            return start.IsMatch(Encoding.UTF8.GetString(line));
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
