using System.Collections.Immutable;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Rows;

/// <summary>A name of the catalogue.</summary>
public sealed record NameRow
{
    public long Generation { get; set; }
}

/// <summary>A registered consumer.</summary>
public sealed record ConsumerRow
{
    public long CreatedUnixMilliseconds { get; set; }

    /// <summary>Null for none.</summary>
    public ImmutableSortedDictionary<string, string>? Tags { get; set; }

    /// <summary>Its resource policy, IAM's JSON; null for none.</summary>
    public string? ResourcePolicy { get; set; }
}

/// <summary>An account's settings. Times are milliseconds since 1970.</summary>
public sealed record AccountSettingsRow
{
    public BillingCommitmentStatus CommitmentStatus { get; set; } = BillingCommitmentStatus.Disabled;

    public long? CommitmentStarted { get; set; }

    public long? CommitmentEnded { get; set; }

    public long? CommitmentEarliestEnd { get; set; }

    public static AccountSettingsRow Of(BillingCommitment commitment) => new()
    {
        CommitmentStatus = commitment.Status,
        CommitmentStarted = commitment.StartedUnixMilliseconds,
        CommitmentEnded = commitment.EndedUnixMilliseconds,
        CommitmentEarliestEnd = commitment.EarliestEndUnixMilliseconds,
    };

    public BillingCommitment ToCommitment() => new(CommitmentStatus, CommitmentStarted, CommitmentEnded, CommitmentEarliestEnd);
}

/// <summary>A number: the last generation given, the expiry clock's floor, when the last sweep began.</summary>
public sealed record CounterRow
{
    public long Value { get; set; }
}

/// <summary>A secret of the account, base64.</summary>
public sealed record SecretRow
{
    public required string Base64 { get; set; }
}
