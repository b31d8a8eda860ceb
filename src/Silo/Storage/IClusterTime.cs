namespace Broker.Silo.Storage;

/// <summary>A clock that follows the cluster's own, and knows when it may be too far off it. Implemented by the TimeProvider of a silo in a cluster.</summary>
/// <remarks>A silo that doubts its time opens no shard and appends nothing: its stamps would order and expire records wrongly. Any thread.</remarks>
public interface IClusterTime
{
    /// <summary>Why the time is not to be trusted now, for a message; null while it is.</summary>
    string? Doubt { get; }
}
