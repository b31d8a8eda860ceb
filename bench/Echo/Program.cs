using System.Globalization;
using System.Net;
using Broker.Echo;
using Grpc.AspNetCore.Server.Model;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;

// scripts/bench runs this: PORT UPSTREAM STREAM. Keeps the very messages by which a broker pushes a stream from its beginning, and pushes them again to
// whoever subscribes here: what gRPC on loopback can do at most. All else about the stream is asked of the broker.
if (args is not [var port, var upstream, var stream])
{
    Console.Error.WriteLine("Usage: PORT UPSTREAM STREAM");
    return 2;
}

using var channel = GrpcChannel.ForAddress(upstream, new GrpcChannelOptions { MaxReceiveMessageSize = null });
var messages = await PushedMessages.ReadAsync(channel.CreateCallInvoker(), stream);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
    IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture), static listen => listen.Protocols = HttpProtocols.Http2));
builder.Services.AddGrpc(static grpc => grpc.MaxSendMessageSize = null);
builder.Services.AddSingleton(messages);
builder.Services.AddSingleton<IServiceMethodProvider<EchoRecords>, EchoRecordsMethods>();
builder.Services.AddSingleton(new Broker.V1.StreamService.StreamServiceClient(channel));
await using var app = builder.Build();
app.MapGrpcService<EchoRecords>();
app.MapGrpcService<EchoStreams>();
await app.RunAsync();
return 0;
