using System.Text;

namespace Broker.Agent.Processing;

/// <summary>Records as text: UTF-8, what is not becomes U+FFFD.</summary>
internal static class RecordText
{
    /// <summary>The text without its last line end.</summary>
    public static string WithoutLineEnd(ReadOnlyMemory<byte> record)
    {
        var bytes = record.Span;
        return Encoding.UTF8.GetString(bytes.Length > 0 && bytes[^1] == (byte)'\n' ? bytes[..^1] : bytes);
    }

    /// <summary>Bytes of a text, with a line end after it.</summary>
    public static byte[] Line(string text) => Encoding.UTF8.GetBytes(text + '\n');
}
