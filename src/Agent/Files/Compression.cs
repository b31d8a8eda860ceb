namespace Broker.Agent.Files;

/// <summary>What names tell of compression.</summary>
internal static class Compression
{
    private static readonly string[] Suffixes = [".gz", ".bz2", ".zip", ".xz", ".zst", ".lz4", ".Z"];

    public static bool IsCompressed(string name) => Array.Exists(Suffixes, suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));

    /// <summary>The name that the file had before it was compressed.</summary>
    public static string WithoutSuffix(string name) =>
        Array.Find(Suffixes, suffix => name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) is { } suffix ? name[..^suffix.Length] : name;
}
