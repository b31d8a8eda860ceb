using System.Text;
using Broker.Cli;
using Broker.Cli.Client;
using Broker.Cli.Records;
using Broker.Cli.Verify;
using Xunit;

namespace Broker.Tests.Unit.Cli;

/// <summary>The client's parts over real gRPC against a broker in memory, which is cut off, resharded and faulty at will.</summary>
public sealed class ClientEndToEndTests
{
    private static readonly VerifyOptions Quick = new()
    {
        Records = 4_000,
        RecordsPerSecond = 8_000,
        Producers = 2,
        KeysPerProducer = 8,
        Duration = TimeSpan.FromSeconds(20),
        Patience = TimeSpan.FromSeconds(3),
    };

    [Fact]
    public async Task Put_lines_come_back_by_tail_each_once_in_the_order_of_their_keys()
    {
        await using var broker = await InMemoryBroker.StartAsync(3);
        var lines = string.Concat(Enumerable.Range(0, 5_000).Select(n => $$"""{"k":"{{n % 37}}","n":{{n}}}""" + "\n"));
        using var connection = BrokerConnection.Open(broker.Endpoint);
        await using (var session = await ProducerSession.OpenAsync(connection.Invoker, "s", new ProducerOptions(), CancellationToken.None))
        {
            var job = new PutJob(session, KeySelector.Field("k"), null, TimeProvider.System);
            using var input = new MemoryStream(Encoding.UTF8.GetBytes(lines));
            var putting = job.RunAsync(input, CancellationToken.None);
            broker.Disconnect();
            await putting.WaitAsync(TimeSpan.FromSeconds(30));
            var result = job.Summary.ToResult("s");
            Assert.Equal(5_000, result.Records);
            Assert.Equal(lines.Length - 5_000, result.Bytes);
            Assert.Equal(5_000, result.Shards.Values.Sum());
        }

        using var output = new MemoryStream();
        var follower = new StreamFollower(new PushShardSource(connection, "s"), new FollowOptions { ExitAtEnd = true }, TimeProvider.System);
        using var tail = new TailJob(follower, new RecordWriter(output, json: false), null);
        await tail.RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        var read = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(), read.Order());
        foreach (var key in read.GroupBy(line => line.Split('"')[3]))
        {
            var numbers = key.Select(line => int.Parse(line.Split(':')[2].TrimEnd('}'), System.Globalization.CultureInfo.InvariantCulture));
            Assert.Equal(numbers.Order(), numbers);
        }
    }

    [Fact]
    public async Task Put_ends_at_a_line_without_a_key_when_those_before_are_put_and_no_connection_counts_as_lost()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        using var connection = BrokerConnection.Open(broker.Endpoint);
        var lost = 0;
        var options = new ProducerOptions { Disconnected = _ => Interlocked.Increment(ref lost) };
        PutJob job;
        await using (var session = await ProducerSession.OpenAsync(connection.Invoker, "s", options, CancellationToken.None))
        {
            job = new PutJob(session, KeySelector.Field("k"), null, TimeProvider.System);
            using var input = new MemoryStream("{\"k\":1}\n\n{\"k\":2}\n{\"n\":3}\n{\"k\":4}\n"u8.ToArray());
            var fault = await Assert.ThrowsAsync<CommandException>(() => job.RunAsync(input, CancellationToken.None));
            Assert.Equal("line 4 has no field 'k'.", fault.Message);
        }

        Assert.Equal(2, job.Summary.Records);
        Assert.Equal(0, lost);
    }

    [Fact]
    public async Task Tail_ends_after_the_count()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        broker.Take("p", new() { BatchNumber = 1, Records = { Enumerable.Range(0, 10).Select(_ => new V1.PutRecordsEntry { PartitionKey = "k" }) } });
        using var connection = BrokerConnection.Open(broker.Endpoint);
        using var output = new MemoryStream();
        var follower = new StreamFollower(new PushShardSource(connection, "s"), new FollowOptions(), TimeProvider.System);
        using var tail = new TailJob(follower, new RecordWriter(output, json: false), 3);
        await tail.RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(3, output.Length);
    }

    [Fact]
    public async Task Tail_ends_with_a_fault_when_its_output_is_full()
    {
        await using var broker = await InMemoryBroker.StartAsync(1);
        broker.Take("p", new V1.ProduceBatch { BatchNumber = 1, Records = { new V1.PutRecordsEntry { PartitionKey = "k" } } });
        using var connection = BrokerConnection.Open(broker.Endpoint);
        var follower = new StreamFollower(new PushShardSource(connection, "s"), new FollowOptions(), TimeProvider.System);
        using var tail = new TailJob(follower, new RecordWriter(new FullStream(), json: false), null);
        var fault = await Assert.ThrowsAsync<CommandException>(() => tail.RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("No space left", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_is_clean_across_disconnections_refusals_splits_and_merges()
    {
        await using var broker = await InMemoryBroker.StartAsync(2, refuseEvery: 23);
        var job = new VerifyJob(broker.Endpoint, "s", Quick, TimeProvider.System);
        var running = job.RunAsync(CancellationToken.None, CancellationToken.None);
        await UntilAsync(500, broker.Disconnect);
        await UntilAsync(1_000, () => broker.Split("shardId-000000000000"));
        await UntilAsync(1_500, broker.Disconnect);
        await UntilAsync(2_000, () => broker.Merge("shardId-000000000003", "shardId-000000000001"));
        await UntilAsync(2_500, broker.Disconnect);
        var report = await running.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(report.IsClean, string.Join('\n', report.Faults));
        Assert.Equal(4_000, report.Acknowledged);
        Assert.All(report.Read.Values, count => Assert.Equal(4_000, count));
        Assert.True(report.Interruptions >= 3);

        async Task UntilAsync(long acknowledged, Action action)
        {
            while (job.Ledger.Acknowledged < acknowledged && !running.IsCompleted)
            {
                await Task.Delay(5);
            }

            action();
        }
    }

    [Theory]
    [InlineData("LoseRecord", 3, 0, 0, 0)]
    [InlineData("DoubleRecord", 0, 3, 0, 0)]
    [InlineData("SwapRecords", 0, 0, 3, 0)]
    [InlineData("MisplaceRecord", 0, 0, 0, 3)]
    public async Task Verify_finds_a_planted_fault_by_both_readers_and_once_more_in_the_end(string plant, int lost, int doubled, int outOfOrder, int misplaced)
    {
        await using var broker = await InMemoryBroker.StartAsync(2, Enum.Parse<InMemoryBroker.Plant>(plant));
        var report = await new VerifyJob(broker.Endpoint, "s", Quick with { BatchRecords = 4 }, TimeProvider.System)
            .RunAsync(CancellationToken.None, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((lost, doubled, outOfOrder, misplaced), ((int)report.Lost, (int)report.Doubled, (int)report.OutOfOrder, (int)report.Misplaced));
        Assert.NotEmpty(report.Faults);
        Assert.False(report.IsClean);
    }

    [Theory]
    [InlineData("bench", "put", "--seconds", "0.3", "--output", "json")]
    [InlineData("bench", "put", "--mode", "pipelined", "--records", "500")]
    [InlineData("bench", "get", "--records", "2000")]
    [InlineData("bench", "get", "--records", "2000", "--push")]
    [InlineData("bench", "fanout", "--seconds", "0.3", "--rate", "500", "--subscribers", "2")]
    [InlineData("tail", "s", "--from", "trim-horizon", "--exit-at-end")]
    [InlineData("verify", "--seconds", "0.3", "--rate", "500")]
    public async Task Commands_end_well(params string[] args)
    {
        await using var broker = await InMemoryBroker.StartAsync(2);
        var exit = await BrokerCommandLine.RunAsync([.. args, "--endpoint", broker.Endpoint.ToString()]).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(ExitCode.Success, exit);
    }

    private sealed class FullStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("No space left on device");
    }
}
