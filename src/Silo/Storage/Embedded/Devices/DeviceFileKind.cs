namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>How a file is written.</summary>
internal enum DeviceFileKind
{
    /// <summary>Aligned writes, each durable on return, ahead of all bulk work.</summary>
    Journal,

    /// <summary>Any writes, through the system's cache, made durable by a flush.</summary>
    Bulk,
}
