namespace Broker.Contracts.Streams;

/// <summary>Whether an account has a minimum throughput billing commitment (AWS). Values are stored: never renumbered.</summary>
public enum BillingCommitmentStatus
{
    Enabled = 1,
    Disabled = 2,

    /// <summary>It was disabled before it may end, and ends by itself when it may.</summary>
    EnabledUntilEarliestAllowedEnd = 3,
}
