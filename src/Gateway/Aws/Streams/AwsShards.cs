using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS's rules for requests about shards.</summary>
internal sealed class AwsShards(BrokerIdentity identity, StreamCalls calls)
{
    /// <summary>AWS scales ON_DEMAND streams itself, and lets nobody else; our own API and CLI do.</summary>
    /// <exception cref="AwsException">Validation.</exception>
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public async Task DemandProvisionedAsync(string streamName, CancellationToken cancellation)
    {
        if ((await calls.DescribeAsync(streamName, cancellation)).Stream.Mode == StreamMode.OnDemand)
        {
            throw AwsException.Validation($"Request is invalid. Stream {streamName} under account {identity.AccountId} is in On-Demand mode.");
        }
    }

    /// <summary>Reads a shard id: what is none is a shard that is not found.</summary>
    /// <exception cref="BrokerException">ResourceNotFound.</exception>
    public ShardId Parse(string streamName, string shardId) => ShardId.TryParse(shardId, out var id)
        ? id
        : throw new BrokerException(
            BrokerErrorCode.ResourceNotFound, $"Could not find shard {shardId} in stream {streamName} under account {identity.AccountId}.");
}
