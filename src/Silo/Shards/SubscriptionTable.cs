using Broker.Contracts.Errors;
using Broker.Contracts.Limits;

namespace Broker.Silo.Shards;

/// <summary>Which subscription of each registered consumer has its turn at a shard (AWS, SubscribeToShard). Not thread-safe.</summary>
/// <remarks>In memory alone: after the shard moved, the next read of whichever subscription comes first is taken as the present one.</remarks>
internal sealed class SubscriptionTable(BrokerLimits limits, TimeProvider time)
{
    private readonly Dictionary<string, (Guid Subscription, long Since)> present = new(StringComparer.Ordinal);

    public BrokerErrorCode Subscribe(string consumer, Guid subscription)
    {
        if (present.TryGetValue(consumer, out var last)
            && last.Subscription != subscription
            && time.GetElapsedTime(last.Since) < limits.SubscriptionTakeoverAfter)
        {
            return BrokerErrorCode.ResourceInUse;
        }

        present[consumer] = (subscription, time.GetTimestamp());
        return BrokerErrorCode.None;
    }

    public void Unsubscribe(string consumer, Guid subscription)
    {
        if (IsPresent(consumer, subscription))
        {
            present.Remove(consumer);
        }
    }

    /// <summary>False for a subscription that another took over from.</summary>
    public bool IsPresent(string consumer, Guid subscription)
    {
        if (!present.TryGetValue(consumer, out var last))
        {
            present[consumer] = (subscription, time.GetTimestamp());
            return true;
        }

        return last.Subscription == subscription;
    }
}
