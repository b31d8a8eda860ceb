using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, DescribeLimits.</summary>
internal sealed class DescribeLimits(AwsResources resources, IBrokerGrains grains) : AwsOperation<DescribeLimits.Input, DescribeLimits.Output>
{
    protected override async Task<Output> RunAsync(Input input, AwsCall call)
    {
        await resources.DemandAsync(call, "*");
        var limits = await grains.Catalogue.DescribeLimitsAsync().WaitAsync(call.Cancellation);
        return new Output
        {
            ShardLimit = limits.ShardLimit,
            OpenShardCount = limits.OpenShardCount,
            OnDemandStreamCount = limits.OnDemandStreamCount,
            OnDemandStreamCountLimit = limits.OnDemandStreamCountLimit,
        };
    }

    internal sealed class Input;

    internal sealed class Output
    {
        public int ShardLimit { get; set; }

        public int OpenShardCount { get; set; }

        public int OnDemandStreamCount { get; set; }

        public int OnDemandStreamCountLimit { get; set; }
    }
}
