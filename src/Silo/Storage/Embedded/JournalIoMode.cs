namespace Broker.Silo.Storage.Embedded;

/// <summary>How journal files are written. A commit is durable in every mode.</summary>
public enum JournalIoMode
{
    /// <summary>Direct where the file system takes it, else buffered.</summary>
    Auto,

    /// <summary>O_DIRECT and O_DSYNC: past the system's cache, durable in one call. A file system that refuses is an error.</summary>
    Direct,

    /// <summary>Through the system's cache, each write followed by fdatasync.</summary>
    Buffered,
}
