using Broker.Load;
using Broker.Load.Systems;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class LoadFiguresTests
{
    [Fact]
    public void The_answer_of_the_benches_is_read()
    {
        var figures = LoadFigures.Parse(
            """
            { "benchmark": "put", "records": 10, "bytes": 20000000, "seconds": 2, "recordsPerSecond": 5000,
              "latencyMillis": { "p50": 1, "p90": 2, "p99": 3, "p999": 4, "max": 5 }, "failed": 0 }
            """);
        Assert.Equal(10, figures.MegabytesPerSecond);
        Assert.Equal([(0.5, 1), (0.1, 2), (0.01, 3), (0.001, 4)], figures.LatencyMillis.Points);
        var turn = figures.ToTurn(500);
        Assert.Equal(5000, turn.Value);
        Assert.Equal(10, turn.Details["batches/s"]);
        Assert.Equal(3, turn.Details["p99 ms"]);
        Assert.DoesNotContain("batches/s", figures.ToTurn(1).Details.Keys);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("broker: error")]
    public void Any_other_answer_is_an_error_that_shows_it(string answer) =>
        Assert.Contains(answer, Assert.Throws<LoadException>(() => LoadFigures.Parse(answer)).Message, StringComparison.Ordinal);
}
