using System.Net;
using System.Net.Sockets;
using Broker.Cli;
using Broker.Cli.Output;
using Broker.Cli.Records;
using Broker.Cli.Streams;
using Broker.Contracts.Streams;
using Broker.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using Status = Google.Rpc.Status;

namespace Broker.Tests.Unit.Cli;

public sealed class CommandLineTests
{
    private static readonly Uri Endpoint = new("http://127.0.0.1:4567");

    [Theory]
    [InlineData("nonsense")]
    [InlineData("stream")]
    [InlineData("stream", "create")]
    [InlineData("stream", "list", "--endpoint", "nowhere")]
    [InlineData("stream", "list", "--endpoint", "http://127.0.0.1:1,nowhere")]
    [InlineData("stream", "list", "--endpoint", "http://127.0.0.1:1,https://127.0.0.1:2")]
    [InlineData("stream", "list", "--output", "xml")]
    [InlineData("stream", "mode", "s", "sometimes")]
    [InlineData("put", "s", "--key", "k", "--key-field", "f")]
    [InlineData("put", "s", "--rate", "0")]
    [InlineData("tail", "s", "--from", "yesterday-ish")]
    [InlineData("tail", "s", "--count", "0")]
    [InlineData("consume", "app")]
    [InlineData("consume", "app", "s", "--from", "yesterday-ish")]
    [InlineData("consume", "app", "s", "--failover-time", "1")]
    [InlineData("app", "reset", "app")]
    [InlineData("app", "reset", "app", "--to", "somewhere")]
    [InlineData("multilang")]
    [InlineData("multilang", "--properties", "/there/is/none")]
    [InlineData("bench", "group", "--workers", "1")]
    [InlineData("bench", "group", "--failover-time", "1")]
    [InlineData("bench", "put", "--mode", "magic")]
    [InlineData("bench", "put", "--clients", "0")]
    [InlineData("bench", "put", "--batch", "501")]
    [InlineData("bench", "put", "--record-bytes", "15")]
    [InlineData("bench", "put", "--rate", "-1")]
    [InlineData("bench", "aws", "--batch", "1")]
    [InlineData("bench", "put", "--payload", "noise")]
    public async Task What_does_not_parse_exits_with_2(params string[] args) =>
        Assert.Equal(ExitCode.Usage, await BrokerCommandLine.RunAsync(args));

    [Theory]
    [InlineData("stream", "list")]
    [InlineData("tail", "s")]
    [InlineData("consume", "app", "s")]
    [InlineData("app", "list")]
    [InlineData("verify")]
    [InlineData("bench", "put")]
    [InlineData("bench", "group")]
    public async Task Where_nothing_listens_it_exits_with_3(params string[] args)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp); // Bound and not listening: refuses, and no other takes the port.
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var nowhere = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";
        Assert.Equal(ExitCode.CannotConnect, await BrokerCommandLine.RunAsync([.. args, "--endpoint", nowhere]));
    }

    [Fact]
    public async Task Of_several_gateways_one_that_answers_is_enough()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var broker = await InMemoryBroker.StartAsync(1);
        var endpoints = $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port},{broker.Endpoint}";
        Assert.Equal(ExitCode.Success, await BrokerCommandLine.RunAsync(["verify", "--seconds", "0.2", "--rate", "300", "--endpoint", endpoints]));
    }

    [Fact]
    public void An_error_of_the_broker_is_one_line_with_reason_message_and_hint()
    {
        var report = ErrorReport.From(Failure("RESOURCE_NOT_FOUND", "Stream x\nis not there.", null), Endpoint);
        Assert.Equal(ExitCode.Failure, report.ExitCode);
        Assert.Equal("broker: RESOURCE_NOT_FOUND: Stream x is not there. ('broker stream list' shows what there is)", report.Line);
    }

    [Fact]
    public void An_error_that_passes_says_when_to_try_again()
    {
        var report = ErrorReport.From(Failure("OVERLOADED", "Too much.", TimeSpan.FromMilliseconds(250)), Endpoint);
        Assert.Equal("broker: OVERLOADED: Too much. (try again in 0.25 s)", report.Line);
    }

    [Theory]
    [InlineData("trim-horizon", ShardIteratorType.TrimHorizon)]
    [InlineData("TRIM_HORIZON", ShardIteratorType.TrimHorizon)]
    [InlineData("latest", ShardIteratorType.Latest)]
    [InlineData("2024-05-06T07:08:09Z", ShardIteratorType.AtTimestamp)]
    [InlineData("1714979289.5", ShardIteratorType.AtTimestamp)]
    public void From_reads_places_and_times(string text, ShardIteratorType type) => Assert.Equal(type, StartOption.Parse(text).Type);

    [Fact]
    public void A_time_without_a_zone_is_UTC() =>
        Assert.Equal(StartOption.Parse("2024-05-06T07:08:09Z"), StartOption.Parse("2024-05-06 07:08:09"));

    [Fact]
    public void The_middle_of_a_shard_halves_it()
    {
        foreach (var range in Broker.Contracts.Streams.HashKeyRange.Uniform(1).Concat(Broker.Contracts.Streams.HashKeyRange.Uniform(3)))
        {
            var (lower, upper) = range.SplitAt(SplitCommand.MiddleOf(range));
            Assert.InRange((double)(lower.End.Value - lower.Start.Value) / (double)(upper.End.Value - upper.Start.Value), 0.999, 1.001);
        }

        var two = new Broker.Contracts.Streams.HashKeyRange(new HashKey(7), new HashKey(8));
        Assert.Equal(new HashKey(8), SplitCommand.MiddleOf(two));
        Assert.Throws<CommandException>(() => SplitCommand.MiddleOf(new(new HashKey(7), new HashKey(7))));
    }

    [Fact]
    public void Shards_are_drawn_with_their_share_and_state()
    {
        using var text = new StringWriter();
        var console = Consoles.Create(text, redirected: true);
        console.Write(StreamTables.Shards(
        [
            new Shard
            {
                ShardId = "shardId-000000000003",
                ParentShardId = "shardId-000000000001",
                AdjacentParentShardId = "shardId-000000000002",
                HashKeyRange = new() { StartingHashKey = "170141183460469231731687303715884105728", EndingHashKey = "340282366920938463463374607431768211455" },
                SequenceNumberRange = new() { StartingSequenceNumber = "4" },
            },
        ]));
        var drawn = text.ToString();
        Assert.Contains("50.0 %", drawn, StringComparison.Ordinal);
        Assert.Contains("shardId-000000000001 + shardId-000000000002", drawn, StringComparison.Ordinal);
        Assert.Contains("open", drawn, StringComparison.Ordinal);
    }

    private static RpcException Failure(string reason, string message, TimeSpan? retryAfter)
    {
        var status = new Status { Code = (int)Code.NotFound, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = "broker", Reason = reason }));
        if (retryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = delay.ToDuration() }));
        }

        return status.ToRpcException();
    }
}
