using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using Broker.Tests.Harness;
using Xunit;

namespace Broker.Tests.Api;

/// <summary><c>broker debug bundle</c> against a broker, and against none.</summary>
public sealed class BundleTests
{
    [Fact]
    public async Task A_bundle_has_what_helps_and_no_secret()
    {
        using var broker = new BrokerProcess("--Broker:Auth:Mode=None", "--Broker:Tls:Password=s3cret", "--Broker:Limits:MaxOnDemandStreams=77");
        await broker.StartAsync();
        var parts = await BundleAsync(broker.Endpoint);
        Assert.Contains("\"embedded\"", parts["cluster.json"], StringComparison.Ordinal);
        Assert.Contains("livez ok", parts["health.txt"], StringComparison.Ordinal);
        var settings = parts.Single(static part => part.Key.EndsWith("settings.txt", StringComparison.Ordinal)).Value;
        Assert.Contains("Broker:Limits:MaxOnDemandStreams=77", settings, StringComparison.Ordinal);
        Assert.Contains("Broker:Tls:Password=(struck out)", settings, StringComparison.Ordinal);
        Assert.Contains("Ready on", parts.Single(static part => part.Key.EndsWith("log.txt", StringComparison.Ordinal)).Value, StringComparison.Ordinal);
        Assert.Contains("threads", parts.Single(static part => part.Key.EndsWith("runtime.txt", StringComparison.Ordinal)).Value, StringComparison.Ordinal);
        Assert.All(parts.Values, static part => Assert.DoesNotContain("s3cret", part, StringComparison.Ordinal));
        Assert.Contains("Not to be had", parts["metrics/0.txt"], StringComparison.Ordinal);

        await broker.KillAsync();
        parts = await BundleAsync(broker.Endpoint);
        Assert.Contains("Not to be had", parts["cluster.json"], StringComparison.Ordinal);
        Assert.Contains("Not to be had", parts["processes.txt"], StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> BundleAsync(string endpoint)
    {
        var directory = Directory.CreateTempSubdirectory("broker-bundle-").FullName;
        var file = Path.Combine(directory, "bundle.tar.gz");
        string[] arguments = ["debug", "bundle", "-f", file, "--endpoint", endpoint, "--metrics", "http://127.0.0.1:1"];
        using (var process = Process.Start(new ProcessStartInfo(BrokerProcess.Executable, arguments) { RedirectStandardOutput = true })!)
        {
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }

        Dictionary<string, string> parts = [];
        await using (var stream = File.OpenRead(file))
        await using (var tar = new TarReader(new GZipStream(stream, CompressionMode.Decompress)))
        {
            while (await tar.GetNextEntryAsync() is { } entry)
            {
                using var text = new StreamReader(entry.DataStream ?? Stream.Null);
                parts[entry.Name] = await text.ReadToEndAsync();
            }
        }

        Directory.Delete(directory, recursive: true);
        return parts;
    }
}
