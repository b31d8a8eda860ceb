namespace Broker.Silo.Storage.Embedded;

/// <summary>Refuses what a newer release wrote.</summary>
internal static class LayoutVersions
{
    /// <exception cref="StorageException">The version is above the newest known.</exception>
    public static void Check(string file, int version, int newestKnown)
    {
        if (version > newestKnown)
        {
            throw new StorageException(
                StorageFault.NewerVersion,
                $"{file} has layout version {version}; this release knows up to {newestKnown}. Run the release that wrote it, or a later one.");
        }
    }
}
