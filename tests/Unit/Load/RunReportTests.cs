using System.Text.Json;
using Broker.Load.Results;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class RunReportTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("load-").FullName;

    private static RunReport Report { get; } = new(
        "0123456789ab+", new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.Zero), new Machine(2, "a processor", 1 << 30, "Linux", ".NET", "ext4", 0.1), false, 6, 3, [LoadResults.Sample]);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_run_is_one_line_of_JSON()
    {
        var line = Report.ToLine();
        Assert.DoesNotContain('\n', line);
        using var json = JsonDocument.Parse(line);
        var run = json.RootElement;
        Assert.Equal("0123456789ab+", run.GetProperty("commit").GetString());
        Assert.Equal(2, run.GetProperty("machine").GetProperty("processors").GetInt32());
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.Zero), run.GetProperty("date").GetDateTimeOffset());
        var scenario = run.GetProperty("scenarios")[0];
        var figure = scenario.GetProperty("figures")[0];
        Assert.Equal(123500, figure.GetProperty("value").GetDouble());
        Assert.Equal([123500, 1, 200000], figure.GetProperty("turns").EnumerateArray().Select(static turn => turn.GetDouble()));
        Assert.Equal("durable: synced", figure.GetProperty("durability").GetString());
        Assert.Equal(1.25, figure.GetProperty("details").GetProperty("p99 ms").GetDouble());
        var check = scenario.GetProperty("checks")[1];
        Assert.Equal("atMost", check.GetProperty("side").GetString());
        Assert.False(check.GetProperty("holds").GetBoolean());
    }

    [Fact]
    public async Task A_line_a_run_is_appended_to_the_history()
    {
        var file = Path.Combine(directory, "made", "history.jsonl");
        await Report.AppendToAsync(file);
        await (Report with { Commit = "second" }).AppendToAsync(file);
        var commits = (await File.ReadAllLinesAsync(file)).Select(static line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("commit").GetString());
        Assert.Equal(["0123456789ab+", "second"], commits);
    }

    [Theory]
    [InlineData(double.NaN, -1)]
    [InlineData(double.PositiveInfinity, -1)]
    [InlineData(0, 0)]
    [InlineData(123456, 123500)]
    [InlineData(0.00123456, 0.001235)]
    public void Figures_are_kept_to_four_digits(double value, double kept) => Assert.Equal(kept, Rounding.ToFour(value));
}
