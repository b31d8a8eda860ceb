using Broker.V1;
using Xunit;

namespace Broker.Tests.Api;

/// <summary><c>broker apply</c> and named contexts, as processes against a broker.</summary>
public sealed class ApplyTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Streams_become_what_a_file_declares_and_nothing_is_deleted_unasked()
    {
        var (one, two) = (fixture.NewName(), fixture.NewName());
        var declared = $$"""
            streams:
              - name: {{one}}
                mode: PROVISIONED
                shards: 2
                retentionHours: 48
                encryption: alias/aws/kinesis
                tags: {team: sales, old: "1"}
                consumers: [billing, audit]
            """;
        var dry = await ApplyAsync(declared, "--dry-run");
        Assert.Contains($"+ {one}: PROVISIONED, 2 shards", dry, StringComparison.Ordinal);
        Assert.Contains($"~ {one}: retention 24 h → 48 h", dry, StringComparison.Ordinal);
        Assert.DoesNotContain(one, (await fixture.Streams.ListStreamsAsync(new ListStreamsRequest())).Streams.Select(static stream => stream.StreamName));

        Assert.Contains("made", await ApplyAsync(declared), StringComparison.Ordinal);
        var stream = (await fixture.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = one })).Stream;
        Assert.Equal((StreamMode.Provisioned, 2, 48, EncryptionType.Kms, 2), (stream.Mode, stream.OpenShardCount, stream.RetentionPeriodHours, stream.EncryptionType, stream.ConsumerCount));
        Assert.Equal("1 stream as declared.\n", await ApplyAsync(declared));

        // Changed, with something taken out, which only --prune deletes.
        await fixture.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = two });
        await fixture.ActiveAsync(two);
        var changed = $$"""
            streams:
              - name: {{one}}
                mode: PROVISIONED
                shards: 4
                retentionHours: 24
                maxRecordSizeKiB: 2048
                encryption: none
                tags: {team: support}
                consumers: [billing]
            """;
        var said = await ApplyAsync(changed);
        Assert.Equal(5, said.Split('\n').Count(static line => line.StartsWith('~')));
        Assert.Contains("shards 2 → 4", said, StringComparison.Ordinal);
        Assert.Contains("tag team=support", said, StringComparison.Ordinal);
        Assert.Equal("1 stream as declared.\n", await ApplyAsync(changed));
        stream = (await fixture.Streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = one })).Stream;
        Assert.Equal((4, 24, 2048, 2), (stream.OpenShardCount, stream.RetentionPeriodHours, stream.MaxRecordSizeKib, stream.ConsumerCount));

        var pruned = await ApplyAsync(changed, "--prune");
        Assert.Contains($"- {one}: tag old", pruned, StringComparison.Ordinal);
        Assert.Contains($"- {one}: consumer audit", pruned, StringComparison.Ordinal);
        Assert.Contains($"- {two}: the stream and its records", pruned, StringComparison.Ordinal);
        Assert.Equal("1 stream as declared.\n", await ApplyAsync(changed, "--prune"));
    }

    [Fact]
    public async Task A_command_finds_its_broker_by_a_contexts_name()
    {
        var home = Directory.CreateTempSubdirectory("broker-contexts-").FullName;
        Assert.Equal((0, ""), await RunAsync(home, "context", "add", "here", "--endpoint", fixture.Broker.Endpoint));
        Assert.Equal((0, ""), await RunAsync(home, "context", "add", "gone", "--endpoint", "http://127.0.0.1:1", "--access-key", "AKIA"));
        var file = Path.Combine(home, "broker", "contexts.json");
        Assert.Contains("topsecret", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal(0, (await RunAsync(home, "stream", "list")).ExitCode);
        Assert.Equal(3, (await RunAsync(home, "stream", "list", "--context", "gone")).ExitCode);
        Assert.Equal((0, ""), await RunAsync(home, "context", "use", "gone"));
        Assert.Equal(3, (await RunAsync(home, "stream", "list")).ExitCode);
        Assert.Equal(0, (await RunAsync(home, "stream", "list", "--endpoint", fixture.Broker.Endpoint)).ExitCode);
        Assert.Equal(0, (await RunAsync(home, "stream", "list", "--context", "here")).ExitCode);
        var (_, listed) = await RunAsync(home, "context", "list");
        Assert.Contains("AKIA", listed, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", listed, StringComparison.Ordinal);
        Assert.Equal((0, ""), await RunAsync(home, "context", "remove", "gone"));
        Assert.Equal(2, (await RunAsync(home, "stream", "list", "--context", "gone")).ExitCode);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Equal(2, (await RunAsync(home, "stream", "list")).ExitCode);
        }

        Directory.Delete(home, recursive: true);
    }

    private async Task<string> ApplyAsync(string declared, params string[] more)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, declared);
        try
        {
            var (code, said) = await RunAsync(null, ["apply", "-f", file, "--endpoint", fixture.Broker.Endpoint, .. more]);
            Assert.True(code == 0, said);
            return said;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string? configuration, params string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Harness.BrokerProcess.Executable, arguments) { RedirectStandardOutput = true };
        start.Environment["AWS_SECRET_ACCESS_KEY"] = "topsecret";
        start.Environment.Remove("BROKER_ENDPOINT");
        if (configuration is not null)
        {
            start.Environment["XDG_CONFIG_HOME"] = configuration;
        }

        using var process = System.Diagnostics.Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }
}
