using System.Diagnostics;
using Broker.Tests.Harness;
using Broker.V1;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Fault.Agents;

/// <summary><c>broker agent</c> as a process of its own, against logrotate, kills and a broker that goes away.</summary>
/// <remarks>BROKER_AGENT_SECONDS sets how long files are rotated and the agent is killed (10 by default), BROKER_AGENT_SEED repeats a run.</remarks>
public sealed class AgentTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string root = Directory.CreateTempSubdirectory("broker-agent-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [LogrotateFact]
    public async Task Every_line_arrives_whole_and_in_order_through_rotation_and_kills()
    {
        var seconds = Setting("BROKER_AGENT_SECONDS", 10);
        var seed = Setting("BROKER_AGENT_SEED", Environment.TickCount);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var broker = new BrokerProcess("--limits", "unlimited");
        await broker.StartAsync();
        (RotatedLog Log, string Pattern, int Shards)[] subjects =
        [
            (Log("create", "create", false), "app.log", 1),
            (Log("copytruncate", "copytruncate", true), "app.log", 1),
            (Log("compress", "create;compress", true), "app.log*", 1),
            (Log("copycompress", "copytruncate;compress", true), "app.log", 1),
            (Log("delaycompress", "create;compress;delaycompress", false), "app.log", 4),
            (Log("dateext", "create;dateext;dateformat -%Y%m%d-%s", false), "app.log*", 1),
        ];
        foreach (var (log, _, shards) in subjects)
        {
            await CreateAsync(broker, log.Name, shards);
            log.Start();
        }

        using var agent = new AgentProcess(root, broker.Endpoint, subjects.Select(subject => Flow(subject.Log, subject.Pattern, subject.Shards)));
        agent.Start();

        // What was rotated before the very first start is none of a flow's business.
        await agent.BegunAsync(subjects.Length, Patience);
        using var ending = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var rotating = subjects.Select((subject, i) => RotateAsync(subject.Log, new Random(seed + i), ending.Token)).ToArray();
        var kills = 0;
        while (!ending.IsCancellationRequested)
        {
            await Task.Delay(random.Next(700, 2_200));
            await agent.KillAsync();
            kills++;
            await Task.Delay(random.Next(0, 1_500));
            agent.Start();
        }

        var rotations = (await Task.WhenAll(rotating)).Sum();
        foreach (var (log, _, _) in subjects)
        {
            await log.StopAsync();
        }

        output.WriteLine($"{kills} kills, {rotations} rotations");
        foreach (var (log, _, _) in subjects)
        {
            await AssertAllThereAsync(broker, agent, log);
        }

        Assert.Equal(0, await agent.TerminateAsync(Patience));
        Assert.InRange(rotations, subjects.Length, int.MaxValue);

        RotatedLog Log(string name, string directives, bool holdsStill) => new(root, name, directives, holdsStill, linesPerSecond: 1_000, seed);
    }

    [Fact]
    public async Task A_broker_that_is_away_or_killed_costs_no_line_and_doubles_none()
    {
        using var broker = new BrokerProcess("--limits", "unlimited");
        await broker.StartAsync();
        await CreateAsync(broker, "away", 2);
        using var log = new RotatedLog(root, "away", "create", holdsStill: false, linesPerSecond: 2_000, seed: 1);
        using var agent = new AgentProcess(root, broker.Endpoint, [Flow(log, "app.log", 2)]);
        agent.Start();
        log.Start();
        for (var i = 0; i < 3; i++)
        {
            await Task.Delay(700);
            await broker.KillAsync();
            await Task.Delay(i * 600);
            await broker.StartAsync();
        }

        await log.StopAsync();
        var lines = await AssertAllThereAsync(broker, agent, log);
        Assert.Equal(lines.Count, lines.Records);

        // What it stops with is what it begins with again: nothing comes twice.
        Assert.Equal(0, await agent.TerminateAsync(Patience));
        agent.Start();
        await File.AppendAllTextAsync(log.Path, LogLine.Of(log.Written));
        await EventuallyAsync(broker, "away", agent, lines => lines.Count == log.Written + 1);
        using var channel = broker.Connect();
        Assert.Equal(log.Written + 1, (await SentLines.ReadAsync(channel, "away")).Records);
    }

    [Fact]
    public async Task A_backlog_is_read_in_bounded_memory()
    {
        const int Megabytes = 192;
        var path = Path.Combine(root, "backlog.log");
        await WriteBacklogAsync(path, Megabytes);
        using var broker = new BrokerProcess("--limits", "unlimited");
        await broker.StartAsync();
        await CreateAsync(broker, "backlog", 2);
        using var agent = new AgentProcess(root, broker.Endpoint, [new { filePattern = path, kinesisStream = "backlog", initialPosition = "START_OF_FILE" }]);
        agent.Start();
        await broker.KillAsync();
        var most = 0L;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(2))
        {
            await Task.Delay(100);
            most = Math.Max(most, agent.ResidentBytes);
        }

        await broker.StartAsync();
        var begun = Stopwatch.StartNew();
        var length = new FileInfo(path).Length;
        while (!(File.Exists(agent.CheckpointFile) && (await File.ReadAllTextAsync(agent.CheckpointFile)).Contains($"\"acknowledged\": {length}", StringComparison.Ordinal)))
        {
            Assert.True(begun.Elapsed < Patience, agent.Output);
            await Task.Delay(50);
            most = Math.Max(most, agent.ResidentBytes);
        }

        output.WriteLine($"{Megabytes} MiB in {begun.Elapsed.TotalSeconds:F1} s, at most {most >> 20} MiB of memory");
        Assert.InRange(most, 1, (Megabytes - 16L) << 20);
    }

    private static async Task WriteBacklogAsync(string path, int megabytes)
    {
        await using var file = File.CreateText(path);
        for (long number = 0, bytes = 0; bytes < (long)megabytes << 20; number++)
        {
            var line = $"{number} {new string('x', 1_000)}\n";
            await file.WriteAsync(line);
            bytes += line.Length;
        }
    }

    private static async Task<int> RotateAsync(RotatedLog log, Random random, CancellationToken ending)
    {
        var rotations = 0;
        while (!ending.IsCancellationRequested)
        {
            // Names by date have seconds in them: two in one are one too many.
            await Task.Delay(random.Next(1_050, 2_500));
            await log.RotateAsync();
            rotations++;
        }

        return rotations;
    }

    private static object Flow(RotatedLog log, string pattern, int shards) => new
    {
        filePattern = Path.Combine(log.Directory, pattern),
        kinesisStream = log.Name,
        initialPosition = "START_OF_FILE",
        partitionKeyOption = shards == 1 ? "RANDOM" : "DETERMINISTIC",
    };

    private static async Task CreateAsync(BrokerProcess broker, string stream, int shards)
    {
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = shards, Mode = StreamMode.OnDemand });
        await BrokerProcess.WaitUntilActiveAsync(streams, stream);
    }

    private async Task<SentLines> AssertAllThereAsync(BrokerProcess broker, AgentProcess agent, RotatedLog log)
    {
        var lines = await EventuallyAsync(broker, log.Name, agent, lines => lines.Count >= log.Written);
        output.WriteLine($"{log.Name}: {log.Written} lines, {lines.Records} records");
        Assert.True(lines.Faults.Count == 0, $"{log.Name}: {lines.Faults.Count} faults: {string.Join('\n', lines.Faults.Take(10))}\n{agent.Output}");
        return lines;
    }

    private static async Task<SentLines> EventuallyAsync(BrokerProcess broker, string stream, AgentProcess agent, Func<SentLines, bool> isEnough)
    {
        var watch = Stopwatch.StartNew();
        using var channel = broker.Connect();
        while (true)
        {
            var lines = await SentLines.ReadAsync(channel, stream);
            if (isEnough(lines))
            {
                return lines;
            }

            if (watch.Elapsed > Patience)
            {
                Assert.Fail($"{stream}: {lines.Count} lines came, missing are {string.Join(", ", lines.MissingBefore(long.MaxValue).Take(10))}\n{agent.Output}");
            }

            await Task.Delay(200);
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
