namespace Broker.Agent.Files;

/// <summary>A file as it is at a moment.</summary>
/// <param name="Id">Which file it is.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ModifiedNanoseconds">When it was written last, in nanoseconds of Unix time.</param>
/// <param name="Links">Names that it has; 0 when it is deleted and only open.</param>
/// <param name="Kind">What it is.</param>
internal readonly record struct FileStamp(FileId Id, long Length, long ModifiedNanoseconds, uint Links, FileKind Kind);
