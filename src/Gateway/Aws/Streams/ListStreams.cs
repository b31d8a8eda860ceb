using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, ListStreams: 100 streams an answer where nothing is said.</summary>
internal sealed class ListStreams(AwsResources resources, IBrokerGrains grains, PageTokens tokens, BrokerIdentity identity)
    : AwsOperation<ListStreams.Input, ListStreams.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        await resources.DemandAsync(call, "*");
        if (input.NextToken is not null && input.ExclusiveStartStreamName is not null)
        {
            throw AwsException.InvalidArgument("NextToken and ExclusiveStartStreamName cannot be provided together.");
        }

        var after = input.NextToken is null ? input.ExclusiveStartStreamName : await tokens.OpenAsync(TokenPurpose.ListStreams, input.NextToken);
        var page = await grains.Catalogue.ListAsync(after, input.Limit ?? 100).WaitAsync(call.Cancellation);
        return new Output
        {
            StreamNames = [.. page.Streams.Select(stream => stream.Name)],
            HasMoreStreams = page.HasMore,
            NextToken = page is { HasMore: true, Streams: [.., var last] } ? await tokens.MakeAsync(TokenPurpose.ListStreams, last.Name) : null,
            StreamSummaries = [.. page.Streams.Select(stream => new StreamSummary
            {
                StreamName = stream.Name,
                StreamARN = identity.StreamArn(stream.Name),
                StreamStatus = stream.Status.ToAws(),
                StreamModeDetails = StreamModeDetails.Of(stream.Mode),
                StreamCreationTimestamp = DateTimeOffset.FromUnixTimeMilliseconds(stream.CreatedUnixMilliseconds),
            })],
        };
    }

    internal sealed class Input
    {
        [Bounds(1, 10_000)]
        public int? Limit { get; set; }

        [Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ExclusiveStartStreamName { get; set; }

        [Bounds(1, 1_048_576)]
        public string? NextToken { get; set; }
    }

    internal sealed class Output
    {
        public List<string> StreamNames { get; set; } = [];

        public bool HasMoreStreams { get; set; }

        public string? NextToken { get; set; }

        public List<StreamSummary> StreamSummaries { get; set; } = [];
    }

    /// <summary>AWS, StreamSummary.</summary>
    internal sealed class StreamSummary
    {
        public string? StreamName { get; set; }

        public string? StreamARN { get; set; }

        public string? StreamStatus { get; set; }

        public StreamModeDetails? StreamModeDetails { get; set; }

        public DateTimeOffset StreamCreationTimestamp { get; set; }
    }
}
