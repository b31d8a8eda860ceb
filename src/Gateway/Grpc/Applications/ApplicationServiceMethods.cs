using Broker.Gateway.Groups;
using Broker.Gateway.Wire;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Applications;

/// <summary>Binds broker.v1.ApplicationService: the generated service's names and messages, with marshallers of our own.</summary>
internal sealed class ApplicationServiceMethods : IServiceMethodProvider<ApplicationService>
{
    private const string Service = "broker.v1.ApplicationService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ApplicationService> context)
    {
        context.AddDuplexStreamingMethod(
            new Method<V1.ConsumeRequest, ConsumeFrame>(
                MethodType.DuplexStreaming, Service, "Consume", ProtoMarshallers.Reading(V1.ConsumeRequest.Parser), ConsumeFrame.Marshaller),
            [],
            static (service, requests, responses, call) => service.Consume(requests, responses, call));
        Add(context, "ListApplications", V1.ListApplicationsRequest.Parser, static (service, request, call) => service.ListApplications(request, call));
        Add(context, "DescribeApplication", V1.DescribeApplicationRequest.Parser, static (service, request, call) => service.DescribeApplication(request, call));
        Add(context, "ResetApplication", V1.ResetApplicationRequest.Parser, static (service, request, call) => service.ResetApplication(request, call));
        Add(context, "DeleteApplication", V1.DeleteApplicationRequest.Parser, static (service, request, call) => service.DeleteApplication(request, call));
    }

    private static void Add<TRequest, TResponse>(
        ServiceMethodProviderContext<ApplicationService> context,
        string name,
        MessageParser<TRequest> parser,
        UnaryServerMethod<ApplicationService, TRequest, TResponse> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> => context.AddUnaryMethod(
            new Method<TRequest, TResponse>(
                MethodType.Unary, Service, name, ProtoMarshallers.Reading(parser), ProtoMarshallers.Writing<TResponse>()),
            [],
            handler);
}
