using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Streams;

/// <summary>Strategies as AWS writes them.</summary>
internal static class RecordDistributions
{
    public static RecordDistributionStrategy Parse(string text) =>
        text == "AUTO" ? RecordDistributionStrategy.Auto : RecordDistributionStrategy.UserPartitionKey;

    public static string ToAws(this RecordDistributionStrategy strategy) =>
        strategy == RecordDistributionStrategy.Auto ? "AUTO" : "USER_PARTITION_KEY";
}
