using System.Text.Json;
using Broker.Contracts.Streams;
using Broker.Tests.Unit.Gateway.Auth;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

/// <summary>Pages of consumers belong to one stream, not to its name.</summary>
public sealed class ConsumerPagesTests
{
    private const string Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

    [Fact]
    public async Task A_token_ends_with_its_stream()
    {
        var cluster = await ClusterAsync();
        await using var server = await GatewayServer.StartAsync(cluster);
        using var aws = new AwsCalls(server.Address);
        var first = await server.Streams.ListStreamConsumersAsync(new V1.ListStreamConsumersRequest { StreamName = "s", MaxResults = 1 });
        using var page = JsonDocument.Parse(await aws.SendAsync("ListStreamConsumers", $$"""{"StreamARN":"{{Arn}}","MaxResults":1}"""));
        var next = new V1.ListStreamConsumersRequest { NextToken = first.NextToken };
        var json = $$"""{"StreamARN":"{{Arn}}","NextToken":"{{page.RootElement.GetProperty("NextToken").GetString()}}"}""";
        Assert.Equal("b", Assert.Single((await server.Streams.ListStreamConsumersAsync(next)).Consumers).ConsumerName);
        Assert.Contains("/consumer/b:", await aws.SendAsync("ListStreamConsumers", json), StringComparison.Ordinal);

        cluster.Generation = new StreamGeneration(8);
        cluster.Publish();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await server.Streams.ListStreamConsumersAsync(next));
        Assert.Equal((StatusCode.InvalidArgument, "next_token is of a stream s that was deleted."), (refused.StatusCode, refused.Status.Detail));
        Assert.Contains("NextToken is of a stream s that was deleted.", await aws.SendAsync("ListStreamConsumers", json), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_of_creation_must_be_the_streams()
    {
        var cluster = await ClusterAsync();
        await using var server = await GatewayServer.StartAsync(cluster);
        using var aws = new AwsCalls(server.Address);
        var second = (await cluster.DescribeAsync()).CreatedUnixMilliseconds / 1000;
        Assert.Contains("/consumer/a:", await AskAsync($"{second}"), StringComparison.Ordinal);
        var answer = await AskAsync($"{second - 60}");
        Assert.Contains("ResourceNotFoundException", answer, StringComparison.Ordinal);
        Assert.Contains("Stream s was not created at StreamCreationTimestamp", answer, StringComparison.Ordinal);
        Assert.Contains(
            "NextToken and StreamCreationTimestamp cannot be provided together.", await AskAsync($"{second},\"NextToken\":\"x\""), StringComparison.Ordinal);

        Task<string> AskAsync(string created) =>
            aws.SendAsync("ListStreamConsumers", $$"""{"StreamARN":"{{Arn}}","StreamCreationTimestamp":{{created}}}""");
    }

    private static async Task<FakeCluster> ClusterAsync()
    {
        var cluster = new FakeCluster(1);
        await cluster.RegisterConsumerAsync("a");
        await cluster.RegisterConsumerAsync("b");
        return cluster;
    }
}
