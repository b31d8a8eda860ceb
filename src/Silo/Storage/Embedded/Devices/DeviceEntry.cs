namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>A file by its name, without a directory, and its length in bytes.</summary>
internal readonly record struct DeviceEntry(string Name, long Length);
