namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>A shard's blocks that are in one segment.</summary>
/// <param name="FirstOrdinal">Of its first block.</param>
/// <param name="EndOrdinal">The next extent's first, or the head's next; blocks below it were all there when the extent was read.</param>
/// <param name="Segment">The segment table's number.</param>
internal readonly record struct Extent(long FirstOrdinal, long EndOrdinal, long Segment);
