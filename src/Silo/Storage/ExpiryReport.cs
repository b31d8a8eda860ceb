namespace Broker.Silo.Storage;

/// <summary>What an expiry pass gave back.</summary>
/// <param name="FilesDropped">Whole files removed.</param>
/// <param name="FilesRewritten">Files whose living rest was moved.</param>
/// <param name="BytesFreed">Bytes of disk given back.</param>
/// <param name="BytesMoved">Bytes of living blocks written again.</param>
public readonly record struct ExpiryReport(int FilesDropped, int FilesRewritten, long BytesFreed, long BytesMoved);
