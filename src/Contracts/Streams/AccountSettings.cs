namespace Broker.Contracts.Streams;

/// <summary>An account's settings (AWS, DescribeAccountSettings). Stored and told; nothing here is billed.</summary>
/// <param name="Commitment">The minimum throughput billing commitment.</param>
[GenerateSerializer, Immutable]
[Alias("broker.AccountSettings")]
public sealed record AccountSettings([property: Id(0)] BillingCommitment Commitment);
