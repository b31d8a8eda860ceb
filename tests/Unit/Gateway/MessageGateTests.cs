using Broker.Gateway.Hosting;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

/// <summary>What clients may make the gateway hold before a message is whole, and for how long.</summary>
public sealed class MessageGateTests
{
    private const int Large = 600_000;

    [Fact]
    public async Task Large_requests_beyond_the_bound_are_refused_before_they_are_read_and_small_ones_pass()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1), ("Broker:Gateway:MaxMessageBytesInFlight", "1000000"));
        using var http = new HttpClient();
        var half = await HalfCall.BeginAsync(http, server.Address, "PutRecords", Large);
        await TakenAsync(server);
        var exception = await RefusedAsync(server, "OVERLOADED");
        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        Assert.NotNull(exception.GetRpcStatus()!.GetDetail<RetryInfo>());
        Assert.Contains("MaxMessageBytesInFlight", exception.Status.Detail, StringComparison.Ordinal);
        await server.Records.PutRecordAsync(new V1.PutRecordRequest { StreamName = "s", PartitionKey = "k" });
        Assert.False(half.IsCompleted);
    }

    [Theory]
    [InlineData("PutRecords")]
    [InlineData("PutRecord")]
    [InlineData("GetRecords")]
    [InlineData("SubscribeToShard")]
    [InlineData("Produce")]
    public async Task A_message_that_does_not_arrive_in_time_ends_its_call_and_gives_its_room_back(string method)
    {
        await using var server = await GatewayServer.StartAsync(
            new FakeCluster(1), ("Broker:Gateway:MaxMessageBytesInFlight", "1000000"), ("Broker:Gateway:MessageTimeout", "00:00:01"));
        using var http = new HttpClient();
        using var answer = await (await HalfCall.BeginAsync(http, server.Address, method, Large)).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("14", Assert.Single(answer.Headers.GetValues("grpc-status")));
        await PutLargeAsync(server);
    }

    [Fact]
    public async Task A_producer_waits_for_room_and_is_not_refused()
    {
        await using var server = await GatewayServer.StartAsync(
            new FakeCluster(1), ("Broker:Gateway:MaxMessageBytesInFlight", "1000000"), ("Broker:Gateway:MessageTimeout", "00:00:01"));
        using var http = new HttpClient();
        var half = await HalfCall.BeginAsync(http, server.Address, "PutRecords", Large);
        await TakenAsync(server);
        using var call = server.Records.Produce();
        await call.RequestStream.WriteAsync(new V1.ProduceRequest { Open = new V1.ProduceOpen { StreamName = "s" } });
        var batch = new V1.ProduceBatch { BatchNumber = 1, Records = { LargeEntry() } };
        await call.RequestStream.WriteAsync(new V1.ProduceRequest { Batch = batch });
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.False(half.IsCompleted);
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal("", call.ResponseStream.Current.Ack.ErrorCode);
        await half;
    }

    [Fact]
    public async Task A_request_above_the_largest_is_told_its_bound()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        var request = new V1.PutRecordRequest { StreamName = "s", PartitionKey = "k", Data = UnsafeByteOperations.UnsafeWrap(new byte[13 * 1024 * 1024]) };
        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Records.PutRecordAsync(request));
        Assert.Equal("INVALID_ARGUMENT", exception.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
        Assert.Contains("12582912", exception.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_message_does_not_hold_up_the_stop()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1));
        using var http = new HttpClient();
        var half = await HalfCall.BeginAsync(http, server.Address, "PutRecords", Large);
        await server.StopAsync().WaitAsync(TimeSpan.FromSeconds(5));
        using var answer = await half;
        Assert.Equal("14", Assert.Single(answer.Headers.GetValues("grpc-status")));
    }

    private static V1.PutRecordsEntry LargeEntry() => new() { PartitionKey = "k", Data = UnsafeByteOperations.UnsafeWrap(new byte[Large]) };

    private static async Task PutLargeAsync(GatewayServer server) =>
        await server.Records.PutRecordsAsync(new V1.PutRecordsRequest { StreamName = "s", Records = { LargeEntry() } });

    /// <summary>Waits until the server has read how large the half message is to be: its client knows only that it was sent.</summary>
    private static async Task TakenAsync(GatewayServer server)
    {
        var budget = server.Services.GetRequiredService<MessageBudget>().Budget;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (budget.UsedBytes == 0)
        {
            await Task.Delay(1, limit.Token);
        }
    }

    private static async Task<RpcException> RefusedAsync(GatewayServer server, string reason)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => PutLargeAsync(server));
        Assert.Equal(reason, exception.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
        return exception;
    }
}
