namespace Broker.Silo.Storage.Embedded;

/// <summary>How the embedded log keeps its files. Configuration section <c>Broker:Log</c>.</summary>
public sealed class EmbeddedLogOptions
{
    /// <summary>Where everything is kept, created where missing; one process at a time. Default <c>broker-data/log</c>.</summary>
    public string DataDirectory { get; set; } = Path.Combine("broker-data", "log");

    /// <summary>How journal files are written. Default <see cref="JournalIoMode.Auto"/>.</summary>
    public JournalIoMode IoMode { get; set; } = JournalIoMode.Auto;

    /// <summary>Bytes of a journal file, a multiple of 4,096, at least 64 KiB. Default 128 MiB.</summary>
    /// <remarks>Space comes back in whole files; the next file is prepared when half of one is used. A larger append gets a larger file.</remarks>
    public long FileBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Bytes that one group commit aims not to pass, 64 KiB to 32 MiB; an append that is larger goes alone. Default 4 MiB. Two such buffers are kept.</summary>
    public int MaxFrameBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long after the last commit its frame is confirmed by an empty one, so that damage to it shows as damage. Default 1 s.</summary>
    public TimeSpan MarkDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after a file could not be had the next append tries again. Default 1 s.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of index entries of sealed files kept in memory. Default 32 MiB.</summary>
    public int IndexCacheBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>A sealed file is rewritten when less than this share of it lives, 0 to 0.5. Default 0.25.</summary>
    public double RewriteBelow { get; set; } = 0.25;

    /// <summary>Faults that tests plant to prove that their checkers see them.</summary>
    internal PlantedBugs PlantedBugs { get; set; }

    /// <summary>What is wrong and how to mend it; empty where all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        List<string> faults = [];
        if (string.IsNullOrWhiteSpace(DataDirectory))
        {
            faults.Add($"Broker:Log:{nameof(DataDirectory)} is empty: name a directory.");
        }

        if (FileBytes < 65_536 || FileBytes > int.MaxValue || FileBytes % 4096 != 0)
        {
            faults.Add($"Broker:Log:{nameof(FileBytes)} is {FileBytes}: give a multiple of 4096 from 65536 to 2147479552.");
        }

        if (MaxFrameBytes is < 65_536 or > 32 * 1024 * 1024)
        {
            faults.Add($"Broker:Log:{nameof(MaxFrameBytes)} is {MaxFrameBytes}: give 65536 to 33554432.");
        }

        if (MarkDelay <= TimeSpan.Zero || RetryDelay <= TimeSpan.Zero)
        {
            faults.Add($"Broker:Log:{nameof(MarkDelay)} and {nameof(RetryDelay)} must be above zero.");
        }

        if (RewriteBelow is < 0 or > 0.5)
        {
            faults.Add($"Broker:Log:{nameof(RewriteBelow)} is {RewriteBelow}: give 0 to 0.5.");
        }

        return faults;
    }
}
