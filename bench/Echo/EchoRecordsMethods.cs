using Grpc.AspNetCore.Server.Model;

namespace Broker.Echo;

/// <summary>Binds <see cref="EchoRecords"/> with messages as bytes.</summary>
internal sealed class EchoRecordsMethods : IServiceMethodProvider<EchoRecords>
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<EchoRecords> context) => context.AddServerStreamingMethod(
        PushedMessages.Method, [], static (service, request, responses, call) => service.SubscribeToShard(request, responses, call));
}
