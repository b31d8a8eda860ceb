using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;

namespace Broker.Gateway.Aws.Consumers;

/// <summary>AWS, ListStreamConsumers: 100 consumers an answer where nothing is said; a token is good for 300 seconds.</summary>
internal sealed class ListStreamConsumers(AwsResources resources, StreamCalls calls, PageTokens tokens, BrokerIdentity identity)
    : AwsOperation<ListStreamConsumers.Input, ListStreamConsumers.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input.StreamARN!, call);
        ConsumersToken? token = null;
        if (input.NextToken is not null)
        {
            if (input.StreamCreationTimestamp is not null)
            {
                throw AwsException.InvalidArgument("NextToken and StreamCreationTimestamp cannot be provided together.");
            }

            token = ConsumersToken.FromToken(await tokens.OpenAsync(TokenPurpose.ListStreamConsumers, input.NextToken));
            if (token.StreamName != name)
            {
                throw AwsException.InvalidArgument($"NextToken is of stream {token.StreamName}, not of {name}.");
            }
        }

        var limit = input.MaxResults ?? 100;
        var (described, consumers) = await calls.AskAsync(
            name, async stream => (await stream.DescribeAsync(), await stream.ListConsumersAsync(token?.After, limit + 1)), call.Cancellation);
        if (token is not null && token.Generation != described.Generation)
        {
            throw AwsException.InvalidArgument($"NextToken is of a stream {name} that was deleted.");
        }

        if (input.StreamCreationTimestamp is { } created && created.ToUnixTimeSeconds() != described.CreatedUnixMilliseconds / 1000)
        {
            throw new BrokerException(
                BrokerErrorCode.ResourceNotFound, $"Stream {name} was not created at StreamCreationTimestamp {created:yyyy-MM-dd HH:mm:ss'Z'}.");
        }

        return new Output
        {
            Consumers = [.. consumers.Take(limit).Select(consumer => ConsumerShape.Of(name, consumer, identity))],
            NextToken = consumers.Length > limit
                ? await tokens.MakeAsync(
                    TokenPurpose.ListStreamConsumers, new ConsumersToken(name, described.Generation, consumers[limit - 1].Name).ToToken())
                : null,
        };
    }

    internal sealed class Input
    {
        [Required, Pattern(Patterns.StreamArn), Bounds(1, 2048)]
        public string? StreamARN { get; set; }

        [Bounds(1, 1_048_576)]
        public string? NextToken { get; set; }

        [Bounds(1, 10_000)]
        public int? MaxResults { get; set; }

        public DateTimeOffset? StreamCreationTimestamp { get; set; }

        [Pattern(Patterns.StreamId), Bounds(1, 24)]
        public string? StreamId { get; set; }
    }

    internal sealed class Output
    {
        public List<ConsumerShape> Consumers { get; set; } = [];

        public string? NextToken { get; set; }
    }
}
