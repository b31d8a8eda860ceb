using System.Text;

namespace Broker.Agent.Processing;

/// <summary>SINGLELINE: the lines of a record as one.</summary>
/// <param name="trim">Whether blanks at the beginning and the end of each line go.</param>
/// <param name="escapeLineEnds">Whether two backslashes and an n stand between lines, and not nothing.</param>
internal sealed class SingleLineConverter(bool trim, bool escapeLineEnds) : IRecordConverter
{
    private static readonly char[] Blanks = [.. Enumerable.Range(0, ' ' + 1).Select(code => (char)code)];

    public byte[] Convert(ReadOnlyMemory<byte> record)
    {
        var lines = Encoding.UTF8.GetString(record.Span).Split('\n').AsEnumerable();
        lines = lines.Reverse().SkipWhile(line => line.Length == 0).Reverse();
        return RecordText.Line(string.Join(escapeLineEnds ? @"\\n" : "", trim ? lines.Select(line => line.Trim(Blanks)) : lines));
    }
}
