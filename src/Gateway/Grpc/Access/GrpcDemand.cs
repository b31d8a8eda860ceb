namespace Broker.Gateway.Grpc.Access;

/// <summary>What the caller of a request must be allowed.</summary>
/// <param name="Action">AWS's action, such as <c>kinesis:PutRecord</c>.</param>
/// <param name="ResourceArn">The ARN that the request concerns; <c>*</c> for none.</param>
internal readonly record struct GrpcDemand(string Action, string ResourceArn);
