using System.Text.RegularExpressions;

namespace Broker.Agent.Processing;

/// <summary>CSVTOJSON: an object of a line's columns. Columns that are missing, and empty ones at the end, are null; those without a name are left out.</summary>
/// <param name="fieldNames">The columns' names.</param>
/// <param name="delimiter">What stands between columns, a regular expression as in AWS's agent.</param>
/// <param name="layout">How it is written.</param>
internal sealed class CsvToJsonConverter(IReadOnlyList<string> fieldNames, Regex delimiter, JsonLayout layout) : IRecordConverter
{
    public byte[] Convert(ReadOnlyMemory<byte> record)
    {
        string[] columns;
        try
        {
            columns = delimiter.Split(RecordText.WithoutLineEnd(record));
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new FormatException(e.Message, e);
        }

        var count = columns.Length;
        while (count > 0 && columns[count - 1].Length == 0)
        {
            count--;
        }

        return layout.Write(writer =>
        {
            for (var i = 0; i < fieldNames.Count; i++)
            {
                writer.WriteString(fieldNames[i], i < count ? columns[i] : null);
            }
        });
    }
}
