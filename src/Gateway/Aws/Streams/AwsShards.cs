using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Streams;

/// <summary>Reads shard ids as AWS does: what is none is a shard that is not found.</summary>
internal sealed class AwsShards(BrokerIdentity identity)
{
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public ShardId Parse(string streamName, string shardId) => ShardId.TryParse(shardId, out var id)
        ? id
        : throw new BrokerException(
            BrokerErrorCode.ResourceNotFound, $"Could not find shard {shardId} in stream {streamName} under account {identity.AccountId}.");
}
