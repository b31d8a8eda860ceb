using System.Text.RegularExpressions;

namespace Broker.Agent.Processing;

/// <summary>LOGTOJSON: an object of the fields of a log line. A line of another form is not sent.</summary>
/// <param name="format">What a line is; its groups are one by one the fields.</param>
/// <param name="layout">How it is written.</param>
internal sealed class LogToJsonConverter(LogFormat format, JsonLayout layout) : IRecordConverter
{
    public byte[]? Convert(ReadOnlyMemory<byte> record)
    {
        Match match;
        try
        {
            match = format.Pattern.Match(RecordText.WithoutLineEnd(record));
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new FormatException(e.Message, e);
        }

        return !match.Success ? null : layout.Write(writer =>
        {
            for (var i = 0; i < format.Fields.Count; i++)
            {
                var group = match.Groups[i + 1];
                writer.WriteString(format.Fields[i], !group.Success || (format.DashIsNull && group.ValueSpan is "-") ? null : group.Value);
            }
        });
    }
}
