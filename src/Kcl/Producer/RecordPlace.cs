namespace Broker.Kcl.Producer;

/// <summary>Where a run of a batch's records is: each further one's sequence number is 2^80 more.</summary>
internal sealed record RecordPlace(string ShardId, string FirstSequenceNumber);
