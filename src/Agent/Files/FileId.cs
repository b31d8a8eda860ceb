namespace Broker.Agent.Files;

/// <summary>What a file keeps when it is renamed. It may be given to another file when this one is deleted.</summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The file's number in it.</param>
internal readonly record struct FileId(ulong Device, ulong Inode);
