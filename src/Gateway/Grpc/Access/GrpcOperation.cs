namespace Broker.Gateway.Grpc.Access;

/// <summary>What a gRPC method is to policies.</summary>
/// <param name="Action">AWS's action, such as <c>kinesis:PutRecord</c>; null where being somebody is enough.</param>
/// <param name="FindResource">The ARN that a request concerns; null where the operation itself asks the authorizer, since only it learns which.</param>
internal sealed record GrpcOperation(string? Action, Func<GrpcResources, object, CancellationToken, ValueTask<string>>? FindResource);
