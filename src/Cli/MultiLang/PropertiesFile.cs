using System.Globalization;
using System.Text;

namespace Broker.Cli.MultiLang;

/// <summary>Reads Java's properties files: a key and a value a line, with comments, continued lines and escapes.</summary>
internal static class PropertiesFile
{
    /// <summary>The keys and their values; of a key that comes twice the last.</summary>
    public static Dictionary<string, string> Parse(string text)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        var logical = new StringBuilder();
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            var natural = line.TrimStart(' ', '\t', '\f');
            if (logical.Length == 0 && (natural.Length == 0 || natural[0] is '#' or '!'))
            {
                continue;
            }

            var slashes = natural.Length - natural.TrimEnd('\\').Length;
            if (slashes % 2 == 1)
            {
                logical.Append(natural, 0, natural.Length - 1);
                continue;
            }

            logical.Append(natural);
            Add(properties, logical.ToString());
            logical.Clear();
        }

        if (logical.Length > 0)
        {
            Add(properties, logical.ToString());
        }

        return properties;
    }

    private static void Add(Dictionary<string, string> properties, string line)
    {
        var end = 0;
        while (end < line.Length && line[end] is not (' ' or '\t' or '\f' or '=' or ':'))
        {
            end += line[end] == '\\' ? 2 : 1;
        }

        end = Math.Min(end, line.Length);
        var value = line[end..].TrimStart(' ', '\t', '\f');
        value = value.Length > 0 && value[0] is '=' or ':' ? value[1..].TrimStart(' ', '\t', '\f') : value;
        properties[Unescape(line[..end])] = Unescape(value);
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || ++i == text.Length)
            {
                plain.Append(i < text.Length ? text[i] : "");
                continue;
            }

            if (text[i] == 'u' && i + 4 < text.Length && ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var code))
            {
                plain.Append((char)code);
                i += 4;
                continue;
            }

            plain.Append(text[i] switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', var other => other });
        }

        return plain.ToString();
    }
}
