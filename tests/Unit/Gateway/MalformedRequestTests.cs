using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class MalformedRequestTests
{
    private static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(static bytes => bytes, static bytes => bytes);

    private static List<(string Service, string Name)> Unary()
    {
        var all = new List<(string, string)>();
        foreach (var method in new ServiceDescriptor[] { V1.StreamService.Descriptor, V1.RecordService.Descriptor }.SelectMany(static service => service.Methods))
        {
            if (!method.IsClientStreaming && !method.IsServerStreaming)
            {
                all.Add((method.Service.FullName, method.Name));
            }
        }

        return all;
    }

    [Fact]
    public async Task Every_operation_tells_that_a_request_does_not_parse()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        var invoker = server.Channel.CreateCallInvoker();
        foreach (var operation in Unary())
        {
            var method = new Method<byte[], byte[]>(MethodType.Unary, operation.Service, operation.Name, Raw, Raw);
            foreach (var message in new byte[][] { [0x0F], [0x0A, 0x05, 0x61], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01] })
            {
                var exception = await Assert.ThrowsAsync<RpcException>(async () => await invoker.AsyncUnaryCall(method, null, default, message));
                Assert.True(exception.StatusCode == StatusCode.InvalidArgument, $"{operation.Name}: {exception.Status}");
                Assert.Equal("INVALID_ARGUMENT", exception.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
            }
        }
    }
}
