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
        string? after = null;
        if (input.NextToken is not null)
        {
            var token = (await tokens.OpenAsync(TokenPurpose.ListStreamConsumers, input.NextToken)).Split('\n');
            after = token[0] == name ? token[1] : throw AwsException.InvalidArgument($"NextToken is of stream {token[0]}, not of {name}.");
        }

        var limit = input.MaxResults ?? 100;
        var consumers = await calls.AskAsync(name, stream => stream.ListConsumersAsync(after, limit + 1), call.Cancellation);
        return new Output
        {
            Consumers = [.. consumers.Take(limit).Select(consumer => ConsumerShape.Of(name, consumer, identity))],
            NextToken = consumers.Length > limit
                ? await tokens.MakeAsync(TokenPurpose.ListStreamConsumers, $"{name}\n{consumers[limit - 1].Name}")
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
