using Broker.Gateway.Hosting;
using Broker.Gateway.Routing;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Broker.Tests.Unit.Gateway;

/// <summary>The whole gateway on a free port over a <see cref="FakeCluster"/>.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication application;

    private GatewayServer(WebApplication application, Uri address)
    {
        this.application = application;
        Address = address;
        Channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        Records = new V1.RecordService.RecordServiceClient(Channel);
        Streams = new V1.StreamService.StreamServiceClient(Channel);
    }

    public Uri Address { get; }

    public IServiceProvider Services => application.Services;

    public GrpcChannel Channel { get; }

    public V1.RecordService.RecordServiceClient Records { get; }

    public V1.StreamService.StreamServiceClient Streams { get; }

    public static async Task<GatewayServer> StartAsync(FakeCluster cluster, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Broker:Gateway:Listen"] = "http://127.0.0.1:0" });
        builder.Configuration.AddInMemoryCollection(settings.Select(static pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)));
        builder.Services.AddSingleton<IBrokerGrains>(cluster);
        builder.AddBrokerGateway();
        var application = builder.Build();
        application.MapBrokerGateway();
        await application.StartAsync();
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        return new GatewayServer(application, new Uri(addresses.Addresses.First()));
    }

    public Task StopAsync() => application.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await application.DisposeAsync();
    }
}
