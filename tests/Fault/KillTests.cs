using System.Globalization;
using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Fault;

/// <summary>kill -9 of the real process in the middle of load, again and again: nothing acknowledged is lost, doubled or out of order.</summary>
/// <remarks>BROKER_KILL_ROUNDS sets the rounds of each journal (10 by default; scripts/kill runs 100), BROKER_KILL_SEED repeats a run.</remarks>
public sealed class KillTests(ITestOutputHelper output)
{
    private const string Stream = "killed";

    [Theory]
    [InlineData("direct")]
    [InlineData("buffered")]
    public async Task EveryAcknowledgedRecordIsThereOnceAfterKills(string journal)
    {
        var rounds = Setting("BROKER_KILL_ROUNDS", 10);
        var seed = Setting("BROKER_KILL_SEED", Environment.TickCount);
        output.WriteLine($"seed {seed}, {rounds} rounds, {journal} journal");
        var random = new Random(seed);
        var ledger = new Ledger();
        using var broker = new BrokerProcess("--limits", "unlimited", $"--Broker:Log:IoMode={journal}");
        await broker.StartAsync();
        await CreateAsync(broker);

        var idempotent = Enumerable.Range(0, 2).Select(i => new IdempotentWriter($"produce{i}", Stream, ledger, seed + i)).ToArray();
        var unary = new[]
        {
            new UnaryWriter("put", Stream, ledger, seed + 10, batches: false),
            new UnaryWriter("puts", Stream, ledger, seed + 11, batches: true),
        };
        for (var round = 0; round < rounds; round++)
        {
            var before = ledger.AcknowledgedCount;
            await LoadAndKillAsync(broker, idempotent, unary, random, reshard: round % 3 == 1);
            await broker.StartAsync();
            using var channel = broker.Connect();
            var streams = new StreamService.StreamServiceClient(channel);
            await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
            var read = await Explained(broker, () => Reading.AllAsync(new RecordService.RecordServiceClient(channel), streams, Stream));
            AssertSound(ledger, read, broker);
            output.WriteLine($"round {round}: {ledger.AcknowledgedCount - before} more acknowledged, {read.Count} read");
        }

        await FinishAsync(broker, idempotent);
        await CheckEveryIteratorAsync(broker, ledger, random);
        Assert.True(ledger.AcknowledgedCount > rounds * 10, $"only {ledger.AcknowledgedCount} records were acknowledged");
        Assert.Equal(0, await broker.TerminateAsync(TimeSpan.FromSeconds(15)));
    }

    private static async Task CreateAsync(BrokerProcess broker)
    {
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = 2, Mode = StreamMode.OnDemand });
        await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
    }

    private static async Task LoadAndKillAsync(
        BrokerProcess broker, IdempotentWriter[] idempotent, UnaryWriter[] unary, Random random, bool reshard)
    {
        using var channel = broker.Connect();
        var records = new RecordService.RecordServiceClient(channel);
        var streams = new StreamService.StreamServiceClient(channel);
        var work = idempotent.Select(writer => UntilDisconnected(() => writer.RunAsync(records, CancellationToken.None)))
            .Concat(unary.Select(writer => UntilDisconnected(() => writer.RunAsync(records, CancellationToken.None))))
            .ToList();
        await Task.Delay(random.Next(100, 500));
        if (reshard)
        {
            work.Add(UntilDisconnected(() => ReshardAsync(streams, random)));
            await Task.Delay(random.Next(0, 60));
        }

        await broker.KillAsync();
        await Task.WhenAll(work);
    }

    /// <summary>Splits or merges something while records flow.</summary>
    private static async Task ReshardAsync(StreamService.StreamServiceClient streams, Random random)
    {
        var open = (await Reading.ShardsAsync(streams, Stream))
            .Where(shard => shard.SequenceNumberRange.EndingSequenceNumber.Length == 0)
            .OrderBy(shard => UInt128.Parse(shard.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture))
            .ToArray();
        if (open.Length > 3)
        {
            var i = random.Next(open.Length - 1);
            await streams.MergeShardsAsync(new MergeShardsRequest
            {
                StreamName = Stream,
                ShardToMerge = open[i].ShardId,
                AdjacentShardToMerge = open[i + 1].ShardId,
            });
        }
        else
        {
            var shard = open[random.Next(open.Length)];
            var start = UInt128.Parse(shard.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture);
            var end = UInt128.Parse(shard.HashKeyRange.EndingHashKey, CultureInfo.InvariantCulture);
            await streams.SplitShardAsync(new SplitShardRequest
            {
                StreamName = Stream,
                ShardToSplit = shard.ShardId,
                NewStartingHashKey = (start + ((end - start) / 2) + 1).ToString(CultureInfo.InvariantCulture),
            });
        }
    }

    private static async Task FinishAsync(BrokerProcess broker, IdempotentWriter[] writers)
    {
        using var channel = broker.Connect();
        var records = new RecordService.RecordServiceClient(channel);
        foreach (var writer in writers)
        {
            await writer.RunAsync(records, new CancellationToken(canceled: true));
            Assert.Equal(0, writer.Unacknowledged);
        }
    }

    private async Task CheckEveryIteratorAsync(BrokerProcess broker, Ledger ledger, Random random)
    {
        using var channel = broker.Connect();
        var records = new RecordService.RecordServiceClient(channel);
        var streams = new StreamService.StreamServiceClient(channel);
        var all = await Explained(broker, () => Reading.AllAsync(records, streams, Stream));
        AssertSound(ledger, all, broker);
        output.WriteLine($"{ledger.AcknowledgedCount} acknowledged, {all.Count} read, {(await Reading.ShardsAsync(streams, Stream)).Count} shards");

        var tailed = await Reading.TailedAsync(broker.Endpoint, Stream);
        AssertSound(ledger, tailed, broker);
        Assert.Equal(all.Count, tailed.Count);
        foreach (var group in all.GroupBy(record => record.Shard))
        {
            var expected = group.ToList();
            Assert.Equal(expected, await Reading.SubscribedAsync(records, Stream, group.Key));
            Assert.Empty(await Reading.FromAsync(records, Stream, group.Key, new StartingPosition { Type = ShardIteratorType.Latest }));
            for (var i = 0; i < 5; i++)
            {
                var index = random.Next(expected.Count);
                Assert.Equal(expected[index..], await From(group.Key, new StartingPosition
                {
                    Type = ShardIteratorType.AtSequenceNumber,
                    SequenceNumber = expected[index].Sequence,
                }));
                Assert.Equal(expected[(index + 1)..], await From(group.Key, new StartingPosition
                {
                    Type = ShardIteratorType.AfterSequenceNumber,
                    SequenceNumber = expected[index].Sequence,
                }));
                var stamp = expected[index].ArrivalUnixMilliseconds;
                Assert.Equal(expected.SkipWhile(record => record.ArrivalUnixMilliseconds < stamp), await From(group.Key, new StartingPosition
                {
                    Type = ShardIteratorType.AtTimestamp,
                    Timestamp = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeMilliseconds(stamp)),
                }));
            }
        }

        Task<List<ReadRecord>> From(string shard, StartingPosition place) => Reading.FromAsync(records, Stream, shard, place);
    }

    private static void AssertSound(Ledger ledger, List<ReadRecord> read, BrokerProcess broker)
    {
        var faults = ledger.Check(read, new HashSet<string> { "produce0", "produce1", "put", "puts" });
        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(20))}\n{broker.Output}");
    }

    /// <summary>Reads; a failure tells what the broker said meanwhile. An answer that does not come is asked for once more: a machine that stood still is no shard that does.</summary>
    private async Task<T> Explained<T>(BrokerProcess broker, Func<Task<T>> read)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await read();
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.DeadlineExceeded && attempt == 0)
            {
                output.WriteLine($"{exception.Status}; once more\n{broker.Output}");
            }
            catch (RpcException exception)
            {
                throw new InvalidOperationException($"{exception.Status}\n{broker.Output}", exception);
            }
        }
    }

    private static async Task UntilDisconnected(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (IdempotentWriter.IsDisconnect(exception))
        {
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
