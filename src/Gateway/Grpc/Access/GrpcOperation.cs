namespace Broker.Gateway.Grpc.Access;

/// <summary>What a gRPC method is to policies.</summary>
/// <param name="Find">What a request demands; null where the operation itself asks the authorizer, or where being somebody is enough.</param>
internal sealed record GrpcOperation(Func<GrpcResources, object, CancellationToken, ValueTask<GrpcDemand>>? Find)
{
    /// <summary>What a request demands besides; null for nothing.</summary>
    public Func<GrpcResources, object, GrpcDemand?>? FindMore { get; init; }
}
