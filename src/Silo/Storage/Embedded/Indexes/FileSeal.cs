namespace Broker.Silo.Storage.Embedded.Indexes;

/// <summary>What is known of a sealed journal file as a whole.</summary>
/// <param name="Generation">The file's number.</param>
/// <param name="Place">Where it stands in the order of the log.</param>
/// <param name="End">Bytes used: what stands after it never happened.</param>
/// <param name="LastOrdinal">Its last frame's ordinal; 0 where it has none.</param>
internal readonly record struct FileSeal(ulong Generation, ulong Place, long End, ulong LastOrdinal);
