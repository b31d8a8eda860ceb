using Broker.Contracts.Shards;

namespace Broker.Gateway.Appending;

/// <summary>Records of a batch that one shard took one after another.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="ShardCreatedSecond">Leads its sequence numbers.</param>
/// <param name="FirstPosition">The first one's position; each further one's is the next.</param>
/// <param name="ArrivalUnixMilliseconds">Their stamp.</param>
/// <param name="Indexes">Their indexes in the batch.</param>
public sealed record AppendPart(ShardId Shard, long ShardCreatedSecond, long FirstPosition, long ArrivalUnixMilliseconds, int[] Indexes)
{
    public SequenceNumber SequenceNumber(int record) =>
        new(ShardCreatedSecond, Shard.Index, FirstPosition + record, ArrivalUnixMilliseconds / 1000);
}
