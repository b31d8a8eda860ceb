using Broker.Contracts.Errors;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Errors;

/// <summary>AWS's sentence for a shard whose limit is reached; ours tells the setting, which is of no use to AWS's clients.</summary>
internal sealed class Throttling(BrokerIdentity identity)
{
    private const string Lead = "Rate exceeded for shard ";

    /// <summary>What a message of any code is on AWS's wire.</summary>
    public string Word(BrokerErrorCode code, string message, string stream)
    {
        if (code != BrokerErrorCode.ProvisionedThroughputExceeded || !message.StartsWith(Lead, StringComparison.Ordinal))
        {
            return message;
        }

        var shard = message.AsSpan(Lead.Length);
        var end = shard.IndexOfAny(':', '.');
        return $"{Lead}{(end < 0 ? shard : shard[..end])} in stream {stream} under account {identity.AccountId}.";
    }
}
