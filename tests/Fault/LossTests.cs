using System.Globalization;
using System.Numerics;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Fault;

/// <summary>A database that is set back under a broker: clients are told, before and after it is started again, until an operator accepts it.</summary>
public sealed class LossTests : IDisposable
{
    private const string Shard = "shardId-000000000000";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private BrokerProcess? broker;
    private RecordService.RecordServiceClient records = null!;

    [PostgresFact]
    public async Task Records_that_a_restored_database_lost_are_reported_and_passed_over_on_an_operators_word()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await PostgresDatabase.CreateAsync(server);
        broker = new BrokerProcess(
            "--postgres", database.ConnectionString, "--migrate", "--silo-port", Port(), "--silo-gateway-port", Port(),
            "--Broker:Limits:IteratorLifetime=01:00:00");
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        records = new RecordService.RecordServiceClient(channel);
        Dictionary<string, List<BigInteger>> told = [];
        foreach (var name in new[] { "noticed", "read", "missed" })
        {
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name, ShardCount = 1 });
            await BrokerProcess.WaitUntilActiveAsync(streams, name);
            told[name] = [];
            await PutAsync(name, 5);
        }

        // The key by which iterators are known is made with the first one.
        await TrimHorizonAsync("read");
        await server.SaveAsync();
        foreach (var name in told.Keys)
        {
            await PutAsync(name, 5);
        }

        var (count, iterator) = await ReadAsync(await TrimHorizonAsync("read"));
        Assert.Equal(10, count);
        await server.GoBackAsync();

        // This process knows what it acknowledged.
        var loss = await FaultAsync(() => PutOneAsync("noticed"));
        Assert.Contains("broker recover", loss.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(Shard, loss.Status.Detail, StringComparison.Ordinal);

        // The next one knows what was noted, and learns from an iterator.
        await broker.KillAsync();
        await broker.StartAsync();
        await FaultAsync(() => PutOneAsync("noticed"));
        await FaultAsync(async () => await ReadAsync(iterator));
        await FaultAsync(() => PutOneAsync("read"));
        Assert.Equal(5, (await ReadAsync(await TrimHorizonAsync("read"))).Count);

        var (code, output) = await RunAsync("recover", "--postgres", database.ConnectionString);
        Assert.Equal(1, code);
        Assert.Contains("noticed (generation", output, StringComparison.Ordinal);
        Assert.Contains("positions 5 to 9 are lost; known to a reader", output, StringComparison.Ordinal);
        Assert.DoesNotContain("missed", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("recover", "--postgres", database.ConnectionString, "--accept-loss")).Code);
        (code, output) = await RunAsync("recover", "--postgres", database.ConnectionString);
        Assert.Equal((0, "No loss is noted."), (code, output.Trim()));

        // All go on, the one too whose loss nobody noticed: with numbers that were never told, and readers go on behind what is lost.
        foreach (var (name, numbers) in told)
        {
            await HearOfTheWordAsync(name);
            await PutAsync(name, 4);
            Assert.Equal(15, numbers.Count);
            Assert.Equal(numbers.Order().Distinct(), numbers);
            Assert.Equal(10, (await ReadAsync(await TrimHorizonAsync(name))).Count);
        }

        Assert.Equal(5, (await ReadAsync(iterator)).Count);

        // A broker that runs looks for the word once a second.
        async Task HearOfTheWordAsync(string name)
        {
            var until = DateTime.UtcNow + Patience;
            while (true)
            {
                try
                {
                    await PutAsync(name, 1);
                    return;
                }
                catch (RpcException exception) when (exception.StatusCode == StatusCode.DataLoss && DateTime.UtcNow < until)
                {
                    await Task.Delay(100);
                }
            }
        }

        async Task PutAsync(string name, int count)
        {
            for (var i = 0; i < count; i++)
            {
                told[name].Add(BigInteger.Parse(await SettleAsync(() => PutOneAsync(name)), CultureInfo.InvariantCulture));
            }
        }
    }

    public void Dispose() => broker?.Dispose();

    private async Task<string> PutOneAsync(string name) =>
        (await records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k", Data = ByteString.CopyFromUtf8("data") })).SequenceNumber;

    private Task<string> TrimHorizonAsync(string name) => SettleAsync(async () => (await records.GetShardIteratorAsync(new GetShardIteratorRequest
    {
        StreamName = name,
        ShardId = Shard,
        StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
    })).ShardIterator);

    /// <summary>Reads from an iterator to where the shard says that nothing is behind, or to a loss behind records.</summary>
    private async Task<(int Count, string Next)> ReadAsync(string iterator)
    {
        var count = 0;
        while (true)
        {
            GetRecordsResponse page;
            try
            {
                page = await SettleAsync(async () => await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator }));
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.DataLoss && count > 0)
            {
                return (count, iterator);
            }

            count += page.Records.Count;
            iterator = page.NextShardIterator;
            if (page.MillisBehindLatest == 0)
            {
                return (count, iterator);
            }
        }
    }

    private static async Task<RpcException> FaultAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(() => SettleAsync(async () =>
        {
            await call();
            return true;
        }));
        Assert.True(exception.StatusCode == StatusCode.DataLoss, exception.ToString());
        return exception;
    }

    /// <summary>Calls again while the database or the broker is on its way back.</summary>
    private static async Task<T> SettleAsync<T>(Func<Task<T>> call)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.ResourceExhausted && !patience.IsCancellationRequested)
            {
                await Task.Delay(100);
            }
        }
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var from = broker!.Output.Length;
        using var run = broker.Launch(arguments);
        await run.WaitForExitAsync();
        return (run.ExitCode, broker.Output[from..]);
    }

    private static string Port() => BrokerProcess.FreePort().ToString(CultureInfo.InvariantCulture);
}
