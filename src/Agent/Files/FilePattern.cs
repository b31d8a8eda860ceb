namespace Broker.Agent.Files;

/// <summary>Which files a flow follows: an absolute path whose parts may be patterns (<see cref="Glob"/>).</summary>
internal sealed class FilePattern
{
    private readonly Glob[] directories;
    private readonly Glob name;

    private FilePattern(Glob[] directories, Glob name)
    {
        this.directories = directories;
        this.name = name;
    }

    /// <summary>Reads patterns with commas between them; a comma in braces belongs to its pattern.</summary>
    /// <exception cref="FormatException">One is none.</exception>
    public static IReadOnlyList<FilePattern> ParseAll(string text)
    {
        var patterns = new List<FilePattern>();
        var begin = 0;
        var depth = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            var at = i < text.Length ? text[i] : ',';
            depth += at == '{' ? 1 : at == '}' ? -1 : 0;
            if (i == text.Length || (at == ',' && depth <= 0))
            {
                patterns.Add(Parse(text[begin..i].Trim()));
                begin = i + 1;
            }
        }

        return patterns;
    }

    /// <summary>Whether it is one path and no pattern.</summary>
    public bool IsPath => name.IsName && Array.TrueForAll(directories, part => part.IsName);

    /// <summary>The directories that such files are in; of those that are patterns themselves, the ones that there are now.</summary>
    public IEnumerable<string> Directories()
    {
        IEnumerable<string> found = ["/"];
        foreach (var part in directories)
        {
            found = part.IsName ? found.Select(parent => Path.Combine(parent, part.ToString())) : found.SelectMany(parent => Children(parent, part)).ToArray();
        }

        return found;
    }

    /// <summary>Whether a file of one of the <see cref="Directories"/> is one of these.</summary>
    public bool Matches(string fileName) => name.Matches(fileName);

    /// <inheritdoc/>
    public override string ToString() => "/" + string.Join('/', directories.Append(name));

    private static FilePattern Parse(string text)
    {
        if (text.Length == 0 || text[^1] == '/')
        {
            throw new FormatException($"'{text}' names no file.");
        }

        var parts = (text[0] == '/' ? text : Path.Combine(Environment.CurrentDirectory, text)).Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Any(part => part is "." or ".." or "**"))
        {
            throw new FormatException($"'{text}' has a part that is '.', '..' or '**'.");
        }

        var globs = parts.Select(Glob.Parse).ToArray();
        return new FilePattern(globs[..^1], globs[^1]);
    }

    private static string[] Children(string parent, Glob part)
    {
        try
        {
            return Directory.EnumerateDirectories(parent).Where(path => part.Matches(Path.GetFileName(path))).Order(StringComparer.Ordinal).ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
