using Broker.Load.Results;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class FigureTests
{
    [Theory]
    [InlineData(5, new double[] { 5 })]
    [InlineData(2, new double[] { 9, 1, 2 })]
    [InlineData(2.5, new double[] { 9, 2, 3, 1 })]
    public void The_value_is_the_median_of_the_turns(double median, double[] turns)
    {
        var figure = Figure.Of("system", "none", "records/s", [.. turns.Select(static value => new Turn(value))]);
        Assert.Equal(median, figure.Value);
        Assert.Equal(turns, figure.Turns);
    }

    [Fact]
    public void The_details_are_those_of_the_turn_in_the_middle()
    {
        var figure = Figure.Of("system", "none", "records/s", [Make(30, 3), Make(10, 1), Make(20, 2)]);
        Assert.Equal(2, figure.Details["p99 ms"]);

        static Turn Make(double value, double detail) => new(value, new Dictionary<string, double> { ["p99 ms"] = detail });
    }

    [Fact]
    public void Without_a_turn_there_is_no_figure() => Assert.Throws<ArgumentException>(() => Figure.Of("system", "none", "records/s", []));
}
