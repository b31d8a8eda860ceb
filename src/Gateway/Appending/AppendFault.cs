using Broker.Contracts.Errors;

namespace Broker.Gateway.Appending;

/// <summary>Records of a batch that were not taken, or of which that is not known.</summary>
/// <param name="Code">Why.</param>
/// <param name="Message">Why in words.</param>
/// <param name="Indexes">Their indexes in the batch.</param>
/// <param name="IsUncertain">They may have been taken.</param>
public sealed record AppendFault(BrokerErrorCode Code, string Message, int[] Indexes, bool IsUncertain);
