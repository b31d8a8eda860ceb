namespace Broker.Gateway.Auth.Policies;

/// <summary>Patterns of IAM: <c>*</c> stands for any characters, <c>?</c> for one. Takes time in proportion to pattern times text at most.</summary>
internal static class Wildcard
{
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool ignoreCase = false)
    {
        int at = 0, place = 0, star = -1, mark = 0;
        while (place < text.Length)
        {
            // The star first: a text's own star is an ordinary character.
            if (at < pattern.Length && pattern[at] == '*')
            {
                (star, mark) = (at++, place);
            }
            else if (at < pattern.Length && (pattern[at] == '?' || Same(pattern[at], text[place], ignoreCase)))
            {
                at++;
                place++;
            }
            else if (star >= 0)
            {
                at = star + 1;
                place = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }

    /// <summary>As <see cref="Matches"/>, part by part: a star does not reach over the colons of an ARN.</summary>
    public static bool MatchesArn(ReadOnlySpan<char> pattern, ReadOnlySpan<char> arn)
    {
        for (var part = 0; part < 5; part++)
        {
            var (end, other) = (pattern.IndexOf(':'), arn.IndexOf(':'));
            if (end < 0 || other < 0)
            {
                return false;
            }

            if (!Matches(pattern[..end], arn[..other]))
            {
                return false;
            }

            pattern = pattern[(end + 1)..];
            arn = arn[(other + 1)..];
        }

        return Matches(pattern, arn);
    }

    private static bool Same(char left, char right, bool ignoreCase) =>
        left == right || (ignoreCase && char.ToLowerInvariant(left) == char.ToLowerInvariant(right));
}
