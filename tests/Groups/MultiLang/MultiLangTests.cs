using System.Diagnostics;
using System.Globalization;
using System.Text;
using Broker.Tests.Harness;
using Xunit;

namespace Broker.Tests.Groups.MultiLang;

/// <summary><c>broker multilang</c> with AWS's own library for Node, aws-kcl, unmodified: a life from the beginning to a shard's end, and kills.</summary>
public sealed class MultiLangTests
{
    private static readonly string Script = Path.Combine(Programs.Root, "tests/Groups/MultiLang/js/processor.js");

    [NodeFact("tests/Groups/MultiLang/js", "aws-kcl")]
    public async Task AProcessorOfAwsOwnLibraryRunsUnmodifiedThroughASplitAndKills()
    {
        await using var broker = await GroupBroker.StartAsync(shards: 2);
        await using var producer = broker.NewProducer();
        var folder = Directory.CreateTempSubdirectory("multilang-").FullName;
        using var daemon = new ServerProcess();
        try
        {
            var log = Path.Combine(folder, "log");
            await File.WriteAllTextAsync(log, "");
            var properties = Path.Combine(folder, "kcl.properties");
            await File.WriteAllTextAsync(properties, $"""
                executableName = node {Script} {log}
                streamName = {GroupBroker.Stream}
                applicationName = multilang
                initialPositionInStream = TRIM_HORIZON
                failoverTimeMillis = 2000
                AWSCredentialsProvider = DefaultCredentialsProvider
                kinesisEndpoint = {broker.Endpoint}
                """);
            Start();
            await PutAsync(0);
            await RecordsAsync(1);
            var lines = Lines();
            Assert.Equal(2, lines.Count(line => line.Contains("initialize TRIM_HORIZON 0", StringComparison.Ordinal)));
            await Eventually.HoldsAsync(() => Lines().Any(line => line.Contains(" checkpoint ", StringComparison.Ordinal) && line.EndsWith(" durable", StringComparison.Ordinal)), Told);
            await Eventually.HoldsAsync(() => Lines().Any(line => line.EndsWith("wrong IllegalArgumentException", StringComparison.Ordinal)), Told);
            await Eventually.HoldsAsync(() => daemon.Output.Contains("processor of shardId-000000000000 begins", StringComparison.Ordinal), Told);
            Assert.Contains("AWSCredentialsProvider is of no matter", daemon.Output, StringComparison.Ordinal);

            // A child that dies has its shard begun anew, by another.
            var victim = int.Parse(lines.First(line => line.StartsWith("shardId-000000000000", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
            using (var child = Process.GetProcessById(victim))
            {
                child.Kill();
            }

            await PutAsync(1);
            await RecordsAsync(2);
            Assert.True(daemon.IsRunning, daemon.Output);

            // The children of a shard begin when it is processed to its end.
            await broker.SplitAsync("shardId-000000000001");
            await PutAsync(2);
            await RecordsAsync(3);
            await Eventually.HoldsAsync(() => Lines().Any(line => line.EndsWith("shardEnded durable", StringComparison.Ordinal)), Told);

            // The daemon dies; its processes end with it, and the next one goes on.
            await daemon.KillAsync();
            await PutAsync(3);
            Start();
            await RecordsAsync(4);
            foreach (var child in Lines().Select(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)).Distinct().SkipLast(3))
            {
                await Eventually.HoldsAsync(() => !IsRunning(child), () => $"process {child} has ended");
            }

            // A stop asks for the last checkpoints.
            Assert.Equal(0, await daemon.TerminateAsync(Eventually.Patience));
            lines = Lines();
            Assert.Equal(3, lines.Count(line => line.EndsWith("shutdownRequested durable", StringComparison.Ordinal)));
            Assert.Equal(3, lines.Count(line => line.EndsWith(" leaseLost", StringComparison.Ordinal)));
            Assert.All((await broker.DescribeAsync("multilang")).Leases, lease => Assert.Equal(0, lease.RecordsBehind));
            foreach (var keys in lines.Where(line => line.Contains(" record ", StringComparison.Ordinal)).Select(line => line.Split(' ')).GroupBy(words => words[3]))
            {
                Assert.Equal(Enumerable.Range(0, 4), keys.Select(words => int.Parse(words[4], CultureInfo.InvariantCulture)).Distinct());
            }

            void Start() => daemon.Start([BrokerProcess.Executable, "multilang", "--properties", properties], folder, new Dictionary<string, string>());

            string[] Lines() => File.ReadAllText(log) is var text ? text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];

            string Told() => $"{daemon.Output}\n{string.Join('\n', Lines().TakeLast(50))}\n{broker.Output}";

            Task PutAsync(int number) => Task.WhenAll(Enumerable.Range(0, 20).Select(
                key => producer.PutAsync($"key-{key}", Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)))));

            Task RecordsAsync(int numbers) => Eventually.HoldsAsync(
                () => Lines().Where(line => line.Contains(" record ", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ')[3..5])).Distinct().Count() == 20 * numbers,
                Told);
        }
        finally
        {
            daemon.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
