using System.Globalization;
using Broker.Tests.Harness.Postgres;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>A cluster under load and under every fault that there is, one after the other: it loses nothing, doubles nothing, and comes back.</summary>
/// <remarks>
/// BROKER_CHAOS_SECONDS sets how long faults are made (80 by default, so that the suite's share is below three minutes; scripts/soak runs
/// 15 minutes), BROKER_CHAOS_SEED repeats their sequence, BROKER_CHAOS_ONLY names kinds, as FaultDeck's methods are called, with commas between.
/// </remarks>
public sealed class ChaosTests(ITestOutputHelper output)
{
    [PostgresFact]
    public async Task Nothing_acknowledged_is_lost_doubled_or_put_out_of_order_by_any_fault()
    {
        var seconds = Setting("BROKER_CHAOS_SECONDS", 80);
        var seed = Setting("BROKER_CHAOS_SEED", Environment.TickCount);
        Tell($"seed {seed}, {seconds} s of faults");
        await using var run = await ChaosRun.StartAsync(seed, Tell);
        try
        {
            await run.MakeFaultsAsync(TimeSpan.FromSeconds(seconds));
            var report = await run.FinishAsync();
            Assert.True(report.IsClean, $"seed {seed}: {report.Verdict}\n{string.Join('\n', report.Faults)}\n{run.Cluster.Output}");
            Assert.True(report.Acknowledged > seconds * 100, $"only {report.Acknowledged} records were acknowledged in {seconds} s");
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"seed {seed}: {exception.Message}\n{run.Cluster.Output}", exception);
        }
    }

    /// <summary>To the test's output, and for a run of hours to a file as it happens.</summary>
    private void Tell(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("BROKER_CHAOS_LOG") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + Environment.NewLine);
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
