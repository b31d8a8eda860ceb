using System.Text.RegularExpressions;
using Broker.Cli.Serve;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Cli;

/// <summary>The settings as docs/settings.md tells them, and what is said of those that are wrong.</summary>
public sealed partial class BrokerSettingsTests
{
    [Fact]
    public void Every_setting_is_documented_with_its_default_and_nothing_else_is()
    {
        var documented = Documented().ToDictionary(StringComparer.Ordinal);
        Assert.Equal(BrokerSettings.All.Keys.Order(StringComparer.Ordinal), documented.Keys.Order(StringComparer.Ordinal));
        Assert.All(documented, setting => Assert.Equal(BrokerSettings.DefaultOf(setting.Key), setting.Value));
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var faults = BrokerSettings.Faults(
            Configuration(
                ("Broker:Log:FileByte", "1"), ("Broker:Log:DataDirectory", "x"), ("Broker:Log:FileBytes", "abc"),
                ("Broker:Log:IoMode", "fast"), ("Broker:Retention:SweepInterval", "soon"), ("Broker:Nothing:Here", "1"),
                ("broker:gateway:LISTEN", "http://127.0.0.1:0"), ("Broker:Log:RewriteBelow", "0.1")),
            new Rules("Broker:Identity:Region is 'X': it must not be."));
        Assert.Equal(
            [
                "Broker:Identity:Region", "Broker:Log:DataDirectory", "Broker:Log:FileByte", "Broker:Log:FileBytes", "Broker:Log:IoMode",
                "Broker:Nothing:Here", "Broker:Retention:SweepInterval",
            ],
            faults.Select(fault => fault.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.Contains(faults, fault => fault == "Broker:Log:FileBytes is 'abc': it must be a whole number.");
    }

    [Fact]
    public void Sound_settings_have_no_faults() =>
        Assert.Empty(BrokerSettings.Faults(Configuration(("Broker:Limits:Profile", "unlimited"), ("Broker:Log:IoMode", "buffered")), new Rules()));

    private static IConfigurationRoot Configuration(params (string Key, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary()).Build();

    private static IEnumerable<(string Key, string Default)> Documented()
    {
        var section = "";
        foreach (var line in File.ReadLines(Path.Combine(ArchitectureTests.Root, "docs", "settings.md")))
        {
            if (line.StartsWith("## Broker:", StringComparison.Ordinal))
            {
                section = line[3..];
            }
            else if (Row().Match(line) is { Success: true } row)
            {
                yield return ($"{section}:{row.Groups[1].Value}", row.Groups[2].Value);
            }
        }
    }

    [GeneratedRegex(@"^\| `(\w+)` \| `([^`]*)` \|", RegexOptions.CultureInvariant)]
    private static partial Regex Row();

    private sealed class Rules(params string[] faults) : IStartupValidator
    {
        public void Validate()
        {
            if (faults.Length > 0)
            {
                throw new OptionsValidationException("", typeof(object), faults);
            }
        }
    }
}
