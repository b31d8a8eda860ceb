using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, CreateStream. Without a mode the stream is PROVISIONED, as at AWS.</summary>
internal sealed class CreateStream(AwsResources resources, IBrokerGrains grains, StreamRoutes routes, BrokerIdentity identity)
    : AwsOperation<CreateStream.Input, NoOutput>
{
    /// <summary>What an ON_DEMAND stream starts with.</summary>
    private const int OnDemandShards = 4;

    protected override async Task<NoOutput> RunAsync(Input input, AwsCall call)
    {
        var name = input.StreamName!;
        await resources.DemandAsync(call, identity.StreamArn(name));
        if (input.Tags is not null)
        {
            await resources.DemandAsync(call, nameof(AddTagsToStream), identity.StreamArn(name));
        }

        var mode = input.StreamModeDetails?.ToMode() ?? StreamMode.Provisioned;
        if (mode == StreamMode.Provisioned && input.ShardCount is null)
        {
            throw AwsException.Validation("ShardCount must be provided for a stream whose StreamMode is PROVISIONED.");
        }

        if (mode == StreamMode.OnDemand && input.ShardCount is not null)
        {
            throw AwsException.Validation("ShardCount must not be provided for a stream whose StreamMode is ON_DEMAND.");
        }

        await grains.Catalogue.CreateAsync(new CreateStreamCommand(
            name,
            mode,
            input.ShardCount ?? OnDemandShards,
            (input.MaxRecordSizeInKiB ?? 1_024) * 1_024,
            input.Tags is null ? ImmutableSortedDictionary<string, string>.Empty : AwsTags.Check(input.Tags))
        {
            WarmThroughputMiBps = input.WarmThroughputMiBps ?? 0,
            RecordDistribution = RecordDistributions.Parse(input.RecordDistributionStrategy ?? "USER_PARTITION_KEY"),
        });
        routes.Forget(name);
        return NoOutput.Instance;
    }

    internal sealed class Input
    {
        [Bounds(1)]
        public int? ShardCount { get; set; }

        [Required, Pattern(Patterns.Name), Bounds(1, 128)]
        public string? StreamName { get; set; }

        public StreamModeDetails? StreamModeDetails { get; set; }

        [Bounds(1, 200), EachBounds(1, 128), ValueBounds(0, 256)]
        public Dictionary<string, string>? Tags { get; set; }

        [Bounds(0)]
        public int? WarmThroughputMiBps { get; set; }

        [Bounds(1_024, 10_240)]
        public int? MaxRecordSizeInKiB { get; set; }

        [OneOf("AUTO", "USER_PARTITION_KEY")]
        public string? RecordDistributionStrategy { get; set; }
    }
}
