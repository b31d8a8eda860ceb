namespace Broker.Contracts.Streams;

/// <summary>The minimum throughput billing commitment of an account (AWS, MinimumThroughputBillingCommitmentOutput). Times are milliseconds since 1970.</summary>
/// <param name="Status">Its state at the time of the answer.</param>
/// <param name="StartedUnixMilliseconds">When it began; null where there never was one.</param>
/// <param name="EndedUnixMilliseconds">When it ended; null while it lasts.</param>
/// <param name="EarliestEndUnixMilliseconds">Before this it cannot end: 24 hours after it began; null where there never was one.</param>
[GenerateSerializer, Immutable]
[Alias("broker.BillingCommitment")]
public sealed record BillingCommitment(
    [property: Id(0)] BillingCommitmentStatus Status,
    [property: Id(1)] long? StartedUnixMilliseconds,
    [property: Id(2)] long? EndedUnixMilliseconds,
    [property: Id(3)] long? EarliestEndUnixMilliseconds)
{
    /// <summary>How long a commitment lasts at least (AWS, UpdateAccountSettings).</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromHours(24);

    public static BillingCommitment None { get; } = new(BillingCommitmentStatus.Disabled, null, null, null);

    /// <summary>As it is at a time: one that is to end has ended once its earliest end is past.</summary>
    public BillingCommitment At(long nowUnixMilliseconds) =>
        Status == BillingCommitmentStatus.EnabledUntilEarliestAllowedEnd && nowUnixMilliseconds >= EarliestEndUnixMilliseconds
            ? this with { Status = BillingCommitmentStatus.Disabled, EndedUnixMilliseconds = EarliestEndUnixMilliseconds }
            : this;

    /// <summary>Begins one; takes back an end that is still to come.</summary>
    public BillingCommitment Enable(long nowUnixMilliseconds) => At(nowUnixMilliseconds) switch
    {
        { Status: BillingCommitmentStatus.Disabled } => new BillingCommitment(
            BillingCommitmentStatus.Enabled, nowUnixMilliseconds, null, nowUnixMilliseconds + (long)Shortest.TotalMilliseconds),
        var lasting => lasting with { Status = BillingCommitmentStatus.Enabled },
    };

    /// <summary>Ends it: now, or when it may.</summary>
    public BillingCommitment Disable(long nowUnixMilliseconds) => At(nowUnixMilliseconds) switch
    {
        { Status: BillingCommitmentStatus.Disabled } ended => ended,
        var lasting when nowUnixMilliseconds < lasting.EarliestEndUnixMilliseconds =>
            lasting with { Status = BillingCommitmentStatus.EnabledUntilEarliestAllowedEnd },
        var lasting => lasting with { Status = BillingCommitmentStatus.Disabled, EndedUnixMilliseconds = nowUnixMilliseconds },
    };
}
