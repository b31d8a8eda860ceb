using Broker.Contracts.Grains;

namespace Broker.Gateway.Reading;

/// <summary>What one read at a shard's tail returned, kept for the feed's subscribers.</summary>
/// <param name="From">The first position.</param>
/// <param name="End">The position after the last.</param>
/// <param name="Bytes">Encoded bytes held.</param>
/// <param name="Read">The blocks.</param>
internal sealed record FeedSegment(long From, long End, long Bytes, ReadResult Read)
{
    /// <summary>Subscribers that have it; guarded by its feed.</summary>
    public int Takers { get; set; }
}
