using System.Globalization;
using System.Text;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Grpc.Core;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Groups;

/// <summary>samples/exactly-once: its workers are killed and paused at random, its shards split; every record counts once.</summary>
/// <remarks>BROKER_GROUPS_SEED repeats a run.</remarks>
public sealed class ExactlyOnceTests(ITestOutputHelper output)
{
    private const int Keys = 40;
    private const int Rounds = 4;

    [PostgresFact]
    public async Task EveryRecordIsCountedOnceThroughKillsPausesAndASplit()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("BROKER_GROUPS_SEED"), out var given) ? given : Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var database = await PostgresDatabase.CreateAsync();
        await using var broker = await GroupBroker.StartAsync(shards: 3);
        ServerProcess[] workers = [new(), new(), new()];
        try
        {
            // All at once, on a database without tables: each would make them.
            Array.ForEach(workers, worker => Start(worker, broker, database));
            await HaveJoinedAsync();
            var expected = new Dictionary<string, (long Records, long Amount)>();
            await using var producer = broker.NewProducer();
            using var stop = new CancellationTokenSource();
            var putting = PutAsync(producer, expected, random.Next(), stop.Token);
            for (var round = 0; round < Rounds; round++)
            {
                var worker = workers[random.Next(workers.Length)];
                if (round % 2 == 0)
                {
                    await Task.Delay(random.Next(800));
                    await worker.KillAsync();
                    Start(worker, broker, database);
                }
                else
                {
                    // Longer than the fail-over time: it wakes up as one that lost its shards without knowing it.
                    await worker.SignalAsync("STOP");
                    await Task.Delay(3_000);
                    await worker.SignalAsync("CONT");
                }

                if (round == 2)
                {
                    await broker.SplitAsync("shardId-000000000001");
                }
            }

            await stop.CancelAsync();
            await putting;
            await producer.FlushAsync();
            var sum = expected.Values.Sum(total => total.Records);
            await Eventually.HoldsAsync(
                async () => (await ReadAsync(database)).Values.Sum(total => total.Records) >= sum, () => $"{sum} records are counted\n{Outputs()}");
            Assert.Equal(expected.OrderBy(total => total.Key), (await ReadAsync(database)).OrderBy(total => total.Key));
            output.WriteLine($"{sum} records");
            Assert.True(sum > 1_000, "hardly anything was put");
            await HaveJoinedAsync();
            foreach (var worker in workers)
            {
                Assert.True(worker.IsRunning, $"a worker ended by itself\n{worker.Output}");
                var code = await worker.TerminateAsync(Eventually.Patience);
                Assert.True(code == 0, $"a worker ended with {code}\n{worker.Output}");
            }
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }

        async Task HaveJoinedAsync()
        {
            var described = new DescribeApplicationResponse();
            await Eventually.HoldsAsync(
                async () => (described = await DescribedAsync(broker)).Workers.Count == workers.Length, () => $"all workers have joined: {described}\n{Outputs()}");
        }

        string Outputs() => string.Join('\n', workers.Select(worker => $"{(worker.IsRunning ? "runs" : "ended")}: {worker.Output}").Append(broker.Output));
    }

    private static async Task<DescribeApplicationResponse> DescribedAsync(GroupBroker broker)
    {
        try
        {
            return await broker.DescribeAsync("totals");
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return new DescribeApplicationResponse(); // Nobody has joined yet.
        }
    }

    private static void Start(ServerProcess worker, GroupBroker broker, PostgresDatabase database) => worker.Start(
        [
            Programs.ExactlyOnce, "--stream", GroupBroker.Stream, "--broker", broker.Endpoint, "--failover", "2",
            "--postgres", database.ConnectionString + ";Maximum Pool Size=5",
        ],
        Path.GetTempPath(),
        new Dictionary<string, string>());

    private static async Task PutAsync(
        Kcl.Producer.BrokerProducer producer, Dictionary<string, (long Records, long Amount)> expected, int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            var puts = Enumerable.Range(0, 50).Select(_ => (Key: $"key-{random.Next(Keys)}", Amount: random.Next(1_000))).ToList();
            await Task.WhenAll(puts.Select(put => producer.PutAsync(put.Key, Encoding.UTF8.GetBytes(put.Amount.ToString(CultureInfo.InvariantCulture)))));
            foreach (var (key, amount) in puts)
            {
                var (records, sum) = expected.GetValueOrDefault(key);
                expected[key] = (records + 1, sum + amount);
            }

            await Task.Delay(10, CancellationToken.None);
        }
    }

    private static async Task<Dictionary<string, (long Records, long Amount)>> ReadAsync(PostgresDatabase database)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT key, records, amount FROM totals", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var totals = new Dictionary<string, (long, long)>();
        while (await reader.ReadAsync())
        {
            totals.Add(reader.GetString(0), (reader.GetInt64(1), reader.GetInt64(2)));
        }

        return totals;
    }
}
