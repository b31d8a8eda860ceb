using Broker.Load.Results;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class CheckTests
{
    [Theory]
    [InlineData("AtLeast", 2, true, true)]
    [InlineData("AtLeast", 1.5, true, false)]
    [InlineData("AtLeast", 1.4, false, false)]
    [InlineData("AtMost", 2.1, false, false)]
    [InlineData("AtMost", 1.6, false, true)]
    [InlineData("AtMost", 1.5, true, true)]
    public void A_value_is_judged_by_bound_and_aim(string side, double value, bool holds, bool reaches)
    {
        var check = new Check("ratio", value, "times", Enum.Parse<Bound>(side), 1.5, 2);
        Assert.Equal(holds, check.Holds);
        Assert.Equal(reaches, check.Reaches);
    }

    [Fact]
    public void A_ratio_is_of_medians()
    {
        var check = Check.Ratio("a ÷ b", Make(6, 1, 9), Make(2, 4, 100), Bound.AtLeast, null, null);
        Assert.Equal(1.5, check.Value);
        Assert.Null(check.Holds);
        Assert.Null(check.Reaches);

        static Figure Make(params double[] turns) => Figure.Of("system", "none", "records/s", [.. turns.Select(static value => new Turn(value))]);
    }

    [Fact]
    public void What_is_no_number_keeps_no_bound()
    {
        Assert.False(new Check("0 ÷ 0", double.NaN, "times", Bound.AtLeast, 1, null).Holds);
        Assert.False(new Check("0 ÷ 0", double.NaN, "times", Bound.AtMost, 1, null).Holds);
    }
}
