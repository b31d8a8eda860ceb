namespace Broker.Agent.Files;

/// <summary>How log rotation names files: <c>app.log.1</c>, <c>app.log-20261123</c>, <c>app.log.2026-11-23_10</c>, <c>app-20261123.log</c>, each also compressed.</summary>
internal static class RotatedName
{
    /// <summary>Whether a name is what rotation makes of another: the whole name, a separator and a number or date.</summary>
    /// <param name="name">The name.</param>
    /// <param name="original">The name of the file that is written to.</param>
    public static bool Follows(string name, string original)
    {
        var plain = Compression.WithoutSuffix(name);
        return plain.StartsWith(original, StringComparison.Ordinal) && IsSuffix(plain.AsSpan(original.Length));
    }

    /// <summary>Whether a name is what rotation makes of another with the number or date before its extension.</summary>
    /// <inheritdoc cref="Follows"/>
    public static bool FollowsBeforeExtension(string name, string original)
    {
        var extension = Path.GetExtension(original);
        var stem = original[..^extension.Length];
        var plain = Compression.WithoutSuffix(name);
        return extension.Length > 0 && stem.Length > 0 && plain.Length > original.Length
            && plain.StartsWith(stem, StringComparison.Ordinal) && plain.EndsWith(extension, StringComparison.Ordinal)
            && IsSuffix(plain.AsSpan(stem.Length, plain.Length - original.Length));
    }

    private static bool IsSuffix(ReadOnlySpan<char> suffix) => suffix.Length >= 2 && suffix[0] is '.' or '-' or '_' && char.IsAsciiDigit(suffix[1]);
}
