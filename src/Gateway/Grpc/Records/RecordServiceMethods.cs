using Broker.Gateway.Reading;
using Broker.Gateway.Wire;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

/// <summary>Binds broker.v1.RecordService: the generated service's names and messages, with marshallers of our own where records pass.</summary>
internal sealed class RecordServiceMethods : IServiceMethodProvider<RecordService>
{
    private const string Service = "broker.v1.RecordService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<RecordService> context)
    {
        context.AddUnaryMethod(
            Unary("PutRecord", RequestFrame.Marshaller, ProtoMarshallers.Writing<V1.PutRecordResponse>()), [],
            static (service, request, call) => service.PutRecord(request, call));
        context.AddUnaryMethod(
            Unary("PutRecords", RequestFrame.Marshaller, ProtoMarshallers.Writing<V1.PutRecordsResponse>()), [],
            static (service, request, call) => service.PutRecords(request, call));
        context.AddUnaryMethod(
            Unary("GetShardIterator", ProtoMarshallers.Reading(V1.GetShardIteratorRequest.Parser), ProtoMarshallers.Writing<V1.GetShardIteratorResponse>()), [],
            static (service, request, call) => service.GetShardIterator(request, call));
        context.AddUnaryMethod(
            Unary("GetRecords", ProtoMarshallers.Reading(V1.GetRecordsRequest.Parser), RecordPageWriter.Marshaller), [],
            static (service, request, call) => service.GetRecords(request, call));
        context.AddServerStreamingMethod(
            new Method<V1.SubscribeToShardRequest, RecordPage>(
                MethodType.ServerStreaming, Service, "SubscribeToShard", ProtoMarshallers.Reading(V1.SubscribeToShardRequest.Parser), RecordPageWriter.Marshaller),
            [],
            static (service, request, responses, call) => service.SubscribeToShard(request, responses, call));
        context.AddDuplexStreamingMethod(
            new Method<RequestFrame, V1.ProduceResponse>(
                MethodType.DuplexStreaming, Service, "Produce", RequestFrame.Marshaller, ProtoMarshallers.Writing<V1.ProduceResponse>()),
            [],
            static (service, requests, responses, call) => service.Produce(requests, responses, call));
    }

    private static Method<TRequest, TResponse> Unary<TRequest, TResponse>(
        string name, Marshaller<TRequest> requests, Marshaller<TResponse> responses) => new(MethodType.Unary, Service, name, requests, responses);
}
