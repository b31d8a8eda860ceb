using Broker.Gateway.Wire;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Clusters;

/// <summary>Binds broker.v1.ClusterService: the generated service's names and messages, with marshallers of our own.</summary>
internal sealed class ClusterServiceMethods : IServiceMethodProvider<ClusterService>
{
    private const string Service = "broker.v1.ClusterService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ClusterService> context)
    {
        Add(context, "GetClusterStatus", V1.GetClusterStatusRequest.Parser, static (service, request, call) => service.GetClusterStatus(request, call));
        Add(context, "DrainSilo", V1.DrainSiloRequest.Parser, static (service, request, call) => service.DrainSilo(request, call));
        Add(context, "CheckShards", V1.CheckShardsRequest.Parser, static (service, request, call) => service.CheckShards(request, call));
        Add(context, "GetDiagnostics", V1.GetDiagnosticsRequest.Parser, static (service, request, call) => service.GetDiagnostics(request, call));
        Add(context, "UpgradeCluster", V1.UpgradeClusterRequest.Parser, static (service, request, call) => service.UpgradeCluster(request, call));
    }

    private static void Add<TRequest, TResponse>(
        ServiceMethodProviderContext<ClusterService> context,
        string name,
        MessageParser<TRequest> parser,
        UnaryServerMethod<ClusterService, TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => context.AddUnaryMethod(
            new Method<TRequest, TResponse>(
                MethodType.Unary, Service, name, ProtoMarshallers.Reading(parser), ProtoMarshallers.Writing<TResponse>()),
            [],
            handler);
}
