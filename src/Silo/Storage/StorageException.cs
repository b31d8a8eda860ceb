namespace Broker.Silo.Storage;

/// <summary>Why the log cannot answer.</summary>
public enum StorageFault
{
    /// <summary>Durable data is damaged: named in the message, isolated, not served.</summary>
    Corrupt,

    /// <summary>No room on the device; passes when space returns.</summary>
    DiskFull,

    /// <summary>The device failed; passes when it works again.</summary>
    Device,

    /// <summary>Written by a newer release; this one must not touch it.</summary>
    NewerVersion,

    /// <summary>Another process has the data directory.</summary>
    Locked,
}

/// <summary>The log cannot answer; the message names the file and the place.</summary>
public sealed class StorageException(StorageFault fault, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public StorageFault Fault { get; } = fault;
}
