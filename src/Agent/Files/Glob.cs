using System.Text;
using System.Text.RegularExpressions;

namespace Broker.Agent.Files;

/// <summary>A pattern for one part of a path: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!a]</c>, <c>{one,two}</c>, and <c>\</c> before what is meant as it is.</summary>
internal sealed class Glob
{
    private const string Special = "*?[{\\";
    private readonly string text;
    private readonly Regex? regex;

    private Glob(string text, Regex? regex)
    {
        this.text = text;
        this.regex = regex;
    }

    /// <summary>Whether it is a name and no more.</summary>
    public bool IsName => regex is null;

    /// <exception cref="FormatException">It has a bracket that is not closed.</exception>
    public static Glob Parse(string pattern)
    {
        if (pattern.AsSpan().IndexOfAny(Special) < 0)
        {
            return new Glob(pattern, null);
        }

        try
        {
            return new Glob(pattern, new Regex(ToRegex(pattern), RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking));
        }
        catch (ArgumentException)
        {
            throw new FormatException($"'{pattern}' is not a pattern.");
        }
    }

    public bool Matches(string name) => regex?.IsMatch(name) ?? name == text;

    /// <inheritdoc/>
    public override string ToString() => text;

    private static string ToRegex(string pattern)
    {
        var result = new StringBuilder(@"\A");
        var groups = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    result.Append(".*");
                    break;
                case '?':
                    result.Append('.');
                    break;
                case '[':
                    i = AddClass(pattern, i, result);
                    break;
                case '{':
                    result.Append("(?:");
                    groups++;
                    break;
                case '}' when groups > 0:
                    result.Append(')');
                    groups--;
                    break;
                case ',' when groups > 0:
                    result.Append('|');
                    break;
                case '\\' when i + 1 < pattern.Length:
                    result.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                default:
                    result.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return groups == 0 ? result.Append(@"\z").ToString() : throw new FormatException($"'{pattern}' has a {{ that is not closed.");
    }

    private static int AddClass(string pattern, int start, StringBuilder result)
    {
        var end = pattern.IndexOf(']', Math.Min(start + 2, pattern.Length));
        if (end < 0)
        {
            throw new FormatException($"'{pattern}' has a [ that is not closed.");
        }

        var inside = pattern[(start + 1)..end];
        var isNegated = inside[0] is '!' or '^';
        result.Append('[').Append(isNegated ? "^" : "")
            .Append(inside[(isNegated ? 1 : 0)..].Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal))
            .Append(']');
        return end;
    }
}
