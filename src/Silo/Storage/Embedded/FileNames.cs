using System.Globalization;

namespace Broker.Silo.Storage.Embedded;

/// <summary>The names of the log's files: a journal and its index by generation; what is not finished ends in tmp and is removed at start.</summary>
internal static class FileNames
{
    public const string Meta = "meta";
    public const string Heads = "heads";
    public const string JournalSuffix = ".journal";
    public const string IndexSuffix = ".index";
    public const string UnfinishedSuffix = ".tmp";

    public static string Journal(ulong generation) => string.Create(CultureInfo.InvariantCulture, $"{generation:x16}{JournalSuffix}");

    public static string Index(ulong generation) => string.Create(CultureInfo.InvariantCulture, $"{generation:x16}{IndexSuffix}");

    public static string Unfinished(string name) => name + UnfinishedSuffix;

    public static string Unfinished(ulong generation) => string.Create(CultureInfo.InvariantCulture, $"{generation:x16}{UnfinishedSuffix}");

    public static bool TryParse(string name, string suffix, out ulong generation)
    {
        generation = 0;
        return name.Length == 16 + suffix.Length
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && ulong.TryParse(name.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out generation);
    }
}
