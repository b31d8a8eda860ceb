using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, Shard.</summary>
internal sealed class ShardShape
{
    public string? ShardId { get; set; }

    public string? ParentShardId { get; set; }

    public string? AdjacentParentShardId { get; set; }

    public HashKeyRangeShape? HashKeyRange { get; set; }

    public SequenceNumberRange? SequenceNumberRange { get; set; }

    public static ShardShape Of(ShardDescription shard) => new()
    {
        ShardId = shard.Id.ToString(),
        ParentShardId = shard.Parents is [var parent, ..] ? parent.ToString() : null,
        AdjacentParentShardId = shard.Parents is [_, var adjacent, ..] ? adjacent.ToString() : null,
        HashKeyRange = HashKeyRangeShape.Of(shard.Range),
        SequenceNumberRange = new SequenceNumberRange
        {
            StartingSequenceNumber = shard.StartingSequenceNumber.ToString(),
            EndingSequenceNumber = shard.EndingSequenceNumber?.ToString(),
        },
    };
}
