using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Appending;

/// <summary>Records of a batch that one shard took one after another.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="ShardCreatedSecond">Leads its sequence numbers.</param>
/// <param name="FirstPosition">The first one's position; each further one's is the next.</param>
/// <param name="ArrivalUnixMilliseconds">Their stamp.</param>
/// <param name="Indexes">Their indexes in the batch.</param>
public sealed record AppendPart(ShardId Shard, long ShardCreatedSecond, long FirstPosition, long ArrivalUnixMilliseconds, int[] Indexes)
{
    /// <summary>How they are encrypted at rest; of records that were taken before, how the stream's are now.</summary>
    public EncryptionType EncryptionType { get; init; }

    public SequenceNumber SequenceNumber(int record) =>
        new(ShardCreatedSecond, Shard.Index, FirstPosition + record, ArrivalUnixMilliseconds / 1000);
}
