using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Account;

/// <summary>What the account's operations answer.</summary>
internal sealed class AccountSettingsOutput
{
    public Commitment? MinimumThroughputBillingCommitment { get; set; }

    public static AccountSettingsOutput Of(AccountSettings settings) => new()
    {
        MinimumThroughputBillingCommitment = new Commitment
        {
            Status = settings.Commitment.Status switch
            {
                BillingCommitmentStatus.Enabled => "ENABLED",
                BillingCommitmentStatus.EnabledUntilEarliestAllowedEnd => "ENABLED_UNTIL_EARLIEST_ALLOWED_END",
                _ => "DISABLED",
            },
            StartedAt = ToTime(settings.Commitment.StartedUnixMilliseconds),
            EndedAt = ToTime(settings.Commitment.EndedUnixMilliseconds),
            EarliestAllowedEndAt = ToTime(settings.Commitment.EarliestEndUnixMilliseconds),
        },
    };

    private static DateTimeOffset? ToTime(long? unixMilliseconds) =>
        unixMilliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;

    /// <summary>AWS, MinimumThroughputBillingCommitmentOutput.</summary>
    internal sealed class Commitment
    {
        public string? Status { get; set; }

        public DateTimeOffset? StartedAt { get; set; }

        public DateTimeOffset? EndedAt { get; set; }

        public DateTimeOffset? EarliestAllowedEndAt { get; set; }
    }
}
