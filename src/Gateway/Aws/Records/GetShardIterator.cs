using Broker.Contracts.Shards;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;

namespace Broker.Gateway.Aws.Records;

/// <summary>AWS, GetShardIterator.</summary>
internal sealed class GetShardIterator(
    AwsResources resources, AwsShards shards, StreamRoutes routes, StartingPositions positions, ShardIterators iterators)
    : AwsOperation<GetShardIterator.Input, GetShardIterator.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        var name = await resources.DemandStreamAsync(input, call);
        shards.Parse(name, input.ShardId!);
        var (route, shard) = await positions.FindShardAsync(await routes.GetAsync(name, call.Cancellation), input.ShardId!, call.Cancellation);
        DryRuns.EndIf(input.DryRun);
        var start = StartingPositionShape.ToMessage(input.ShardIteratorType!, input.StartingSequenceNumber, input.Timestamp);
        var position = await positions.ResolveAsync(route, shard, start, call.Cancellation);
        return new Output { ShardIterator = await iterators.MakeAsync(new ShardKey(route.Stream.Generation, shard.Id), position) };
    }

    internal sealed class Input : StreamInput
    {
        [Required, Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ShardId { get; set; }

        [Required, OneOf("AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON")]
        public string? ShardIteratorType { get; set; }

        [Pattern(Patterns.SequenceNumber)]
        public string? StartingSequenceNumber { get; set; }

        public DateTimeOffset? Timestamp { get; set; }

        public bool? DryRun { get; set; }
    }

    internal sealed class Output
    {
        public string? ShardIterator { get; set; }
    }
}
