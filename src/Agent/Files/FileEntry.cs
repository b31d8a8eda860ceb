namespace Broker.Agent.Files;

/// <summary>A name in a directory, and what it led to when the directory was listed.</summary>
/// <param name="Path">The whole path.</param>
/// <param name="Name">Its last part.</param>
/// <param name="Stamp">The file.</param>
internal sealed record FileEntry(string Path, string Name, FileStamp Stamp)
{
    /// <summary>Whether it is compressed in the one way that can be read here.</summary>
    public bool IsGzip => Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is compressed in any way that is known by its name.</summary>
    public bool IsCompressed => Compression.IsCompressed(Name);
}
