using Broker.Agent.Files;
using Xunit;

namespace Broker.Tests.Unit.Agent;

/// <summary>Which files a pattern means, and which names rotation makes.</summary>
public sealed class FileNameTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("broker-names-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("app.log", "app.log", true)]
    [InlineData("app.log", "app.log.1", false)]
    [InlineData("app.log*", "app.log", true)]
    [InlineData("app.log*", "app.log.1", true)]
    [InlineData("app.?og", "app.log", true)]
    [InlineData("app.?og", "app.og", false)]
    [InlineData("[a-c]pp", "bpp", true)]
    [InlineData("[!a-c]pp", "bpp", false)]
    [InlineData("{one,two}.log", "two.log", true)]
    [InlineData("{one,two}.log", "three.log", false)]
    [InlineData("a+(b).log", "a+(b).log", true)]
    [InlineData(@"a\*.log", "a*.log", true)]
    [InlineData(@"a\*.log", "ab.log", false)]
    public void A_pattern_matches(string pattern, string name, bool expected) => Assert.Equal(expected, Glob.Parse(pattern).Matches(name));

    [Theory]
    [InlineData("")]
    [InlineData("/var/log/")]
    [InlineData("/var/**/x")]
    [InlineData("/var/../x")]
    [InlineData("/var/[x")]
    [InlineData("/var/{x")]
    [InlineData("/a,,/b")]
    public void What_is_no_pattern_is_refused(string text) => Assert.Throws<FormatException>(() => FilePattern.ParseAll(text));

    [Fact]
    public void Directories_may_be_patterns_too()
    {
        foreach (var name in new[] { "a1/logs", "a2/logs", "b1/logs" })
        {
            Directory.CreateDirectory(Path.Combine(root, name));
        }

        var patterns = FilePattern.ParseAll($"{root}/a*/logs/x.log, {root}/missing/y.log");
        Assert.Equal([$"{root}/a1/logs", $"{root}/a2/logs"], patterns[0].Directories());
        Assert.Equal([$"{root}/missing"], patterns[1].Directories());
        Assert.False(patterns[0].IsPath);
        Assert.True(patterns[1].IsPath);
    }

    [Theory]
    [InlineData("app.log.1", "app.log", true)]
    [InlineData("app.log.12.gz", "app.log", true)]
    [InlineData("app.log-20261123", "app.log", true)]
    [InlineData("app.log-20261123-1790000000.gz", "app.log", true)]
    [InlineData("app.log.2026-11-23_10", "app.log", true)]
    [InlineData("app.log", "app.log", false)]
    [InlineData("app.log.gz", "app.log", false)]
    [InlineData("app.log.bak", "app.log", false)]
    [InlineData("app.log1", "app.log", false)]
    [InlineData("app.logs.1", "app.log", false)]
    [InlineData("app-1.log", "app.log", false)]
    public void Rotation_makes_names(string name, string original, bool expected) => Assert.Equal(expected, RotatedName.Follows(name, original));

    [Theory]
    [InlineData("app-20261123.log", "app.log", true)]
    [InlineData("app.1.log.gz", "app.log", true)]
    [InlineData("app.log", "app.log", false)]
    [InlineData("app-x.log", "app.log", false)]
    [InlineData("app.log.1", "app.log", false)]
    [InlineData("app.1", "app", false)]
    public void Rotation_makes_names_before_extensions(string name, string original, bool expected) =>
        Assert.Equal(expected, RotatedName.FollowsBeforeExtension(name, original));
}
