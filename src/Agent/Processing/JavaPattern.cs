using System.Text.RegularExpressions;

namespace Broker.Agent.Processing;

/// <summary>Regular expressions that were written for Java, as far as .NET's are the same: all but possessive quantifiers and \h, \R, \Q.</summary>
internal static partial class JavaPattern
{
    private static readonly TimeSpan MatchTime = TimeSpan.FromSeconds(1);

    /// <summary>One that a text is to begin with.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Regex AtStart(string pattern) => Make($@"\A(?:{Plain(pattern)})", pattern);

    /// <summary>One that a text is to be as a whole; its groups have numbers in the order in which they are written.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Regex Whole(string pattern) => Make($@"\A(?:{Plain(pattern)})\z", pattern);

    /// <summary>One that stands anywhere; without groups, whose matches would be taken for columns.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Regex Between(string pattern) => Make(Plain(pattern), pattern, RegexOptions.ExplicitCapture);

    /// <summary>.NET numbers named groups last: without their names all are numbered alike, as in Java.</summary>
    private static string Plain(string pattern) => pattern.Contains(@"\k<", StringComparison.Ordinal) ? pattern : GroupName().Replace(pattern, "(");

    private static Regex Make(string pattern, string given, RegexOptions more = RegexOptions.None)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | more, MatchTime);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"'{given}' is not a regular expression: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"(?<!\\)\(\?<[A-Za-z][A-Za-z0-9]*>")]
    private static partial Regex GroupName();
}
