using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Broker.Cli.Client;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Postgres;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Restores;

/// <summary>A backup under load by PostgreSQL's own tools, more load, and the database restored from it.</summary>
public sealed partial class RestoreTests(ITestOutputHelper output)
{
    private const string Stream = "restored";
    private const int Producers = 6;
    private const int EachMore = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Every record that was acknowledged: its data, and shard and number.</summary>
    private readonly ConcurrentDictionary<string, (string Shard, BigInteger Number)> told = [];

    private interface IBackup
    {
        /// <summary>Makes the backup, while records are put.</summary>
        Task MakeAsync();

        /// <summary>Puts the database back to it, and runs <c>broker restore</c>; the silos serve then.</summary>
        /// <returns>What the command said.</returns>
        Task<string> GoBackAsync();
    }

    [StandbyFact]
    public Task By_pg_basebackup_under_silos_that_run_on_what_is_lost_is_named_exactly() =>
        RunAsync(new ClusterSetup { Silos = 2 }, cluster => new CopyBackup(cluster));

    [StandbyFact]
    public Task By_point_in_time_recovery_of_two_databases_under_silos_that_run_on_what_is_lost_is_named_exactly() =>
        RunAsync(new ClusterSetup { Silos = 2, LogDatabases = 1, IsArchived = true }, cluster => new ArchiveBackup(cluster, GrowAsync));

    [StandbyFact]
    public Task By_dumps_of_two_databases_at_different_times_what_is_lost_is_named_exactly_from_the_databases_before() =>
        RunAsync(new ClusterSetup { Silos = 2, LogDatabases = 1 }, cluster => new DumpBackup(cluster, GrowAsync));

    /// <summary>What is lost is named, no number is given twice, and consumers go on.</summary>
    private async Task RunAsync(ClusterSetup setup, Func<ClusterProcesses, IBackup> choose)
    {
        await using var cluster = await ClusterProcesses.StartAsync(setup with { Arguments = ["--limits", "unlimited"] });
        var backup = choose(cluster);
        try
        {
            var endpoint = new BrokerEndpoint(new Uri(cluster.Nodes[0].Endpoint)) { Others = [new(cluster.Nodes[1].Endpoint)] };
            using var connection = BrokerConnection.Open(endpoint);
            await connection.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = 4, Mode = StreamMode.Provisioned });
            await BrokerProcess.WaitUntilActiveAsync(connection.Streams, Stream);

            // Every shard has something before the backup and more after it.
            var saved = new TaskCompletionSource();
            var putting = Enumerable.Range(0, Producers).Select(producer => PutAsync(connection, producer, saved.Task)).ToArray();
            while (told.Values.Select(static record => record.Shard).Distinct().Count() < 4 || told.Count < 50)
            {
                await Task.Delay(20);
            }

            // The key that signs iterators is drawn for the first one: a cluster in use has it.
            await IteratorAsync(connection, "shardId-000000000000", ShardIteratorType.TrimHorizon, "");
            await backup.MakeAsync();
            saved.SetResult();
            await Task.WhenAll(putting).WaitAsync(Patience);

            // A consumer that has read all, some of which will be lost.
            var places = new Dictionary<string, string>();
            foreach (var shard in told.Values.Select(static record => record.Shard).Distinct())
            {
                (_, places[shard]) = await ReadAsync(connection, await IteratorAsync(connection, shard, ShardIteratorType.TrimHorizon, ""));
            }

            var said = await backup.GoBackAsync();
            output.WriteLine(said);
            var named = NamedLosses(said);

            // What is there is what was told without what was named, to the record.
            var left = new HashSet<string>();
            foreach (var shard in places.Keys)
            {
                left.UnionWith((await ReadAsync(connection, await IteratorAsync(connection, shard, ShardIteratorType.TrimHorizon, ""))).Data);
            }

            var lost = told.Where(record => named.Any(loss => loss.Shard == record.Value.Shard && record.Value.Number >= loss.From && record.Value.Number < loss.End)).Select(static record => record.Key).ToHashSet();
            Assert.NotEmpty(lost);
            Assert.Equal(told.Keys.Except(lost).Order(StringComparer.Ordinal), left.Order(StringComparer.Ordinal));
            Assert.Equal(lost.Count, named.Sum(static loss => loss.Records));

            // Numbers go on above all that were told, and the consumer behind what it read.
            var before = told.ToDictionary();
            await Task.WhenAll(Enumerable.Range(100, Producers).Select(producer => PutAsync(connection, producer, Task.CompletedTask))).WaitAsync(Patience);
            Assert.Equal(told.Count, told.Values.Distinct().Count());
            foreach (var (shard, place) in places)
            {
                var highest = before.Values.Where(record => record.Shard == shard).Max(static record => record.Number);
                var fresh = told.Where(record => record.Value.Shard == shard && !before.ContainsKey(record.Key)).ToDictionary();
                Assert.All(fresh.Values, record => Assert.True(record.Number > highest));
                Assert.Equal(fresh.Keys.Order(StringComparer.Ordinal), (await ReadAsync(connection, place)).Data.Order(StringComparer.Ordinal));
            }

            output.WriteLine($"{told.Count} records told, {lost.Count} lost and named");
        }
        catch (Exception)
        {
            output.WriteLine(cluster.Output);
            throw;
        }
    }

    private async Task PutAsync(BrokerConnection connection, int producer, Task saved)
    {
        var left = EachMore;
        for (var i = 0; left > 0; i++)
        {
            // A number of keys, and so shards.
            var data = string.Create(CultureInfo.InvariantCulture, $"{producer}-{i}");
            var answer = await TryAsync(() => connection.Records.PutRecordAsync(new PutRecordRequest
            {
                StreamName = Stream,
                PartitionKey = data,
                Data = ByteString.CopyFromUtf8(data),
            }));
            Assert.True(told.TryAdd(data, (answer.ShardId, BigInteger.Parse(answer.SequenceNumber, CultureInfo.InvariantCulture))));
            left -= saved.IsCompleted ? 1 : 0;
        }
    }

    /// <summary>Waits until more was acknowledged.</summary>
    private async Task GrowAsync()
    {
        for (var before = told.Count; told.Count < before + 50;)
        {
            await Task.Delay(20);
        }
    }

    private static async Task<string> RestoreAsync(ClusterProcesses cluster, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(
            BrokerProcess.Executable, ["restore", .. cluster.Databases.SelectMany(static one => new[] { "--postgres", one.ConnectionString }), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var restore = Process.Start(start)!;
        var fault = restore.StandardError.ReadToEndAsync();
        var said = await restore.StandardOutput.ReadToEndAsync();
        await restore.WaitForExitAsync();
        Assert.True(restore.ExitCode == 0, $"{said}\n{await fault}");
        return said;
    }

    private static List<(string Shard, long Records, BigInteger From, BigInteger End)> NamedLosses(string said) =>
        [.. Loss().Matches(said).Select(static match => (
            match.Groups[1].Value,
            long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture),
            BigInteger.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture),
            BigInteger.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture)))];

    [GeneratedRegex(@"(shardId-\d{12}): (\d+) records lost, positions \d+ to \d+, sequence numbers from (\d+) up to but not (\d+);")]
    private static partial Regex Loss();

    private static async Task<string> IteratorAsync(BrokerConnection connection, string shard, ShardIteratorType type, string number) =>
        (await TryAsync(() => connection.Records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = Stream,
            ShardId = shard,
            StartingPosition = new StartingPosition { Type = type, SequenceNumber = number },
        }))).ShardIterator;

    private static async Task<(List<string> Data, string Next)> ReadAsync(BrokerConnection connection, string iterator)
    {
        List<string> data = [];
        while (true)
        {
            var from = iterator;
            var page = await TryAsync(() => connection.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = from }));
            data.AddRange(page.Records.Select(static record => record.Data.ToStringUtf8()));
            iterator = page.NextShardIterator;
            if (page.MillisBehindLatest == 0)
            {
                return (data, iterator);
            }
        }
    }

    /// <summary>Again while the database is away, or a silo has not heard the operator's word, for which it looks once a second.</summary>
    private static async Task<T> TryAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.DataLoss or StatusCode.ResourceExhausted && Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(100);
            }
        }
    }

    private sealed class CopyBackup(ClusterProcesses cluster) : IBackup
    {
        public Task MakeAsync() => cluster.Server.BackupAsync();

        public async Task<string> GoBackAsync()
        {
            await cluster.Server.GoBackAsync();
            return await RestoreAsync(cluster, "--endpoint", cluster.Nodes[0].Endpoint);
        }
    }

    /// <summary>Continuous archiving; what was put between the copy and the point is not lost.</summary>
    private sealed class ArchiveBackup(ClusterProcesses cluster, Func<Task> grow) : IBackup
    {
        private const string Point = "disaster";

        public async Task MakeAsync()
        {
            await cluster.Server.BackupAsync();
            await grow();
            await cluster.Database.AskAsync($"SELECT pg_create_restore_point('{Point}')");
            var file = await cluster.Database.AskAsync("SELECT pg_walfile_name(pg_switch_wal())");
            while (await cluster.Database.AskAsync($"SELECT last_archived_wal >= '{file}' FROM pg_stat_archiver") is not true)
            {
                await Task.Delay(20);
            }
        }

        public async Task<string> GoBackAsync()
        {
            await cluster.Server.RecoverAsync(Point);
            return await RestoreAsync(cluster, "--endpoint", cluster.Nodes[0].Endpoint);
        }
    }

    /// <summary>pg_dump of each database; nobody who knows what was acknowledged runs on, and the databases of before tell it.</summary>
    private sealed class DumpBackup(ClusterProcesses cluster, Func<Task> grow) : IBackup
    {
        public async Task MakeAsync()
        {
            foreach (var database in cluster.Databases)
            {
                await cluster.Server.DumpAsync(database.Name);
                await grow();
            }
        }

        public async Task<string> GoBackAsync()
        {
            await Task.WhenAll(cluster.Nodes.Select(static node => node.KillAsync()));
            foreach (var database in cluster.Databases)
            {
                await cluster.Server.LoadAsync(database.Name);
            }

            var said = await RestoreAsync(cluster, cluster.Databases.SelectMany(static one => new[]
            {
                "--before", new NpgsqlConnectionStringBuilder(one.ConnectionString) { Database = $"{one.Name}_before" }.ConnectionString,
            }));
            await Task.WhenAll(cluster.Nodes.Select(static node => node.StartAsync()));
            return said;
        }
    }
}
