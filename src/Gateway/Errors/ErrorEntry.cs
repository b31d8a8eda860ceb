using Grpc.Core;

namespace Broker.Gateway.Errors;

/// <summary>How one error looks on gRPC's wire.</summary>
/// <param name="Status">gRPC's status code.</param>
/// <param name="Reason">The reason of google.rpc.ErrorInfo; stable.</param>
/// <param name="RetryAfter">The delay of google.rpc.RetryInfo; null where retrying does not help.</param>
public readonly record struct ErrorEntry(StatusCode Status, string Reason, TimeSpan? RetryAfter = null);
