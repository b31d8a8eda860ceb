using System.Globalization;
using Broker.Cli.Output;
using Spectre.Console;

namespace Broker.Cli.Bench;

/// <summary>A benchmark's result for people.</summary>
internal static class BenchTables
{
    public static void Answer(ClientContext context, BenchResult result) => context.AnswerValue(result, console => Draw(console, result));

    private static void Draw(IAnsiConsole console, BenchResult result)
    {
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Benchmark}: {result.Records:N0} records in {result.Seconds:0.00} s by {result.Workers}: " +
            $"{result.RecordsPerSecond:N0} records/s, {result.MebibytesPerSecond:N1} MiB/s{(result.Failed > 0 ? $", {result.Failed:N0} FAILED" : "")}"));
        var table = StreamTables.New("milliseconds", "p50", "p90", "p99", "p99.9", "max");
        var latency = result.LatencyMillis;
        StreamTables.AddRow(
            table, result.LatencyOf, Millis(latency.P50), Millis(latency.P90), Millis(latency.P99), Millis(latency.P999), Millis(latency.Max));
        console.Write(table);
    }

    private static string Millis(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
