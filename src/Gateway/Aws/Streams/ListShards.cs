using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, ListShards: at most 1,000 shards an answer; a token is good for 300 seconds.</summary>
internal sealed class ListShards(AwsResources resources, StreamCalls calls, PageTokens tokens, TimeProvider clock)
    : AwsOperation<ListShards.Input, ListShards.Output>
{
    private const int MostShards = 1_000;

    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var query = input.NextToken is null ? await BeginAsync(input, call) : await ResumeAsync(input, call);
        var route = await calls.DescribeAsync(query.StreamName, call.Cancellation);
        if (query.Generation is { } generation && generation != route.Stream.Generation)
        {
            throw AwsException.InvalidArgument($"NextToken is of a stream {query.StreamName} that was deleted.");
        }

        if (input.StreamCreationTimestamp is { } created && created.ToUnixTimeSeconds() != route.Stream.CreatedUnixMilliseconds / 1000)
        {
            throw new BrokerException(
                BrokerErrorCode.ResourceNotFound, $"Stream {query.StreamName} was not created at StreamCreationTimestamp {created:yyyy-MM-dd HH:mm:ss'Z'}.");
        }

        var output = new Output();
        var limit = Math.Min(input.MaxResults ?? MostShards, MostShards);
        foreach (var shard in query.Select(route, clock.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            if (output.Shards.Count == limit)
            {
                var next = query with { After = ShardId.Parse(output.Shards[^1].ShardId!), Generation = route.Stream.Generation };
                output.NextToken = await tokens.MakeAsync(TokenPurpose.ListShards, next.ToToken());
                break;
            }

            output.Shards.Add(ShardShape.Of(shard));
        }

        return output;
    }

    private async ValueTask<ShardQuery> BeginAsync(Input input, AwsCall call)
    {
        if (input.StreamName is null && input.StreamARN is null)
        {
            throw AwsException.InvalidArgument("Either NextToken or StreamName should be provided.");
        }

        var name = await resources.DemandStreamAsync(input, call);
        var after = input.ExclusiveStartShardId is { } start ? ToShardId(start) : (ShardId?)null;
        var filter = input.ShardFilter;
        var type = filter?.ToFilterType() ?? ShardFilterType.FromTrimHorizon;
        if (type == ShardFilterType.AfterShardId)
        {
            var shard = ToShardId(filter!.ShardId ?? throw AwsException.InvalidArgument("ShardFilter.ShardId must be provided for a ShardFilter of type AFTER_SHARD_ID."));
            after = after is { } other && other > shard ? other : shard;
        }

        var needsTime = type is ShardFilterType.AtTimestamp or ShardFilterType.FromTimestamp;
        return needsTime && filter!.Timestamp is null
            ? throw AwsException.InvalidArgument($"ShardFilter.Timestamp must be provided for a ShardFilter of type {filter.Type}.")
            : new ShardQuery(name, null, type, needsTime ? filter!.Timestamp!.Value.ToUnixTimeMilliseconds() : 0, after);
    }

    private async ValueTask<ShardQuery> ResumeAsync(Input input, AwsCall call)
    {
        if (input.StreamName is not null || input.StreamARN is not null)
        {
            throw AwsException.InvalidArgument("NextToken and StreamName cannot be provided together.");
        }

        if (input.ExclusiveStartShardId is not null || input.StreamCreationTimestamp is not null || input.ShardFilter is not null)
        {
            throw AwsException.InvalidArgument("NextToken cannot be provided together with ExclusiveStartShardId, StreamCreationTimestamp or ShardFilter.");
        }

        var query = ShardQuery.FromToken(await tokens.OpenAsync(TokenPurpose.ListShards, input.NextToken!));
        await resources.DemandStreamAsync(new Input { StreamName = query.StreamName }, call);
        return query;
    }

    private static ShardId ToShardId(string text) =>
        ShardId.TryParse(text, out var id) ? id : throw AwsException.InvalidArgument($"Shard {text} is not a shard id: shardId- and 12 digits.");

    internal sealed class Input : StreamInput
    {
        [Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ExclusiveStartShardId { get; set; }

        [Bounds(1, 10_000)]
        public int? MaxResults { get; set; }

        [Bounds(1, 1_048_576)]
        public string? NextToken { get; set; }

        public DateTimeOffset? StreamCreationTimestamp { get; set; }

        public ShardFilterShape? ShardFilter { get; set; }
    }

    internal sealed class Output
    {
        public List<ShardShape> Shards { get; set; } = [];

        public string? NextToken { get; set; }
    }
}
