using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;

namespace Broker.Gateway.Grpc.Access;

/// <summary>Finds the ARNs of what gRPC requests name: streams and consumers by name, others by their tokens.</summary>
public sealed class GrpcResources(BrokerIdentity identity, IBrokerGrains grains, StreamRoutes routes, ShardIterators iterators, PageTokens tokens)
{
    internal ValueTask<string> Stream(string streamName) => ValueTask.FromResult(identity.StreamArn(streamName));

    internal ValueTask<string> Application(string applicationName) => ValueTask.FromResult(identity.ApplicationArn(applicationName));

    internal string StreamArn(string streamName) => identity.StreamArn(streamName);

    /// <inheritdoc cref="BrokerIdentity.NewConsumerArn"/>
    internal string NewConsumerArn(string streamName, string consumerName) => identity.NewConsumerArn(streamName, consumerName);

    /// <summary>A consumer's ARN; one with the time 0 where there is no such consumer, so that the caller learns no more than it may.</summary>
    internal async ValueTask<string> ConsumerAsync(string streamName, string consumerName, CancellationToken cancellation)
    {
        if (StreamName.IsValid(streamName) && StreamName.IsValid(consumerName))
        {
            try
            {
                var generation = await routes.ResolveAsync(streamName, cancellation);
                return identity.ConsumerArn(streamName, await grains.Stream(generation).DescribeConsumerAsync(consumerName).WaitAsync(cancellation));
            }
            catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
            {
                // Told by the operation, to who may ask.
            }
        }

        return $"{identity.StreamArn(streamName)}/consumer/{consumerName}:0";
    }

    internal async ValueTask<string> OfIteratorAsync(string shardIterator, CancellationToken cancellation)
    {
        var iterator = await iterators.OpenAsync(shardIterator);
        var route = await routes.GetAsync(iterator.Shard.Stream, cancellation);
        return identity.StreamArn(route.Stream.Name);
    }

    /// <summary>The stream that a page's token goes on with; both kinds begin with its name.</summary>
    internal async ValueTask<string> OfTokenAsync(TokenPurpose purpose, string token) =>
        identity.StreamArn((await tokens.OpenAsync(purpose, token)).Split('\n')[0]);
}
