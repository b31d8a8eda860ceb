using Broker.Load;
using Broker.Load.Scenarios;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class LoadCommandTests
{
    [Theory]
    [InlineData("There is neither a scenario nor an option nope; there are aws-putrecords, ", "nope")]
    [InlineData("There is neither a scenario nor an option nope, no; there are ", "journal", "nope", "no")]
    [InlineData("--rounds takes 1 to 99.", "--rounds", "0")]
    [InlineData("--seconds takes 0.5 to 600.", "--seconds", "0.1")]
    [InlineData("There is neither a scenario nor an option --turbo; ", "--turbo")]
    public void What_cannot_be_run_is_told(string told, params string[] arguments)
    {
        var errors = LoadCommand.Create().Parse(arguments).Errors;
        Assert.Contains(errors, error => error.Message.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_names_all_but_the_long_ones_run()
    {
        Assert.Empty(LoadCommand.Create().Parse(["--quick"]).Errors);
        Assert.Equal(ScenarioList.All.Where(static scenario => scenario.RunsByDefault), ScenarioList.Select([]));
    }

    [Fact]
    public void Scenarios_run_once_in_the_order_in_which_they_are_named() =>
        Assert.Equal(["journal", "aws-putrecord"], ScenarioList.Select(["journal", "aws-putrecord", "journal"]).Select(static scenario => scenario.Name));

    [Fact]
    public void Names_are_unique_and_titles_say_something()
    {
        Assert.Equal(ScenarioList.All.Count, ScenarioList.All.Select(static scenario => scenario.Name).Distinct().Count());
        Assert.All(ScenarioList.All, static scenario => Assert.Matches("^[a-z]+(-[a-z]+)*$", scenario.Name));
        Assert.All(ScenarioList.All, static scenario => Assert.NotEmpty(scenario.Title));
    }
}
