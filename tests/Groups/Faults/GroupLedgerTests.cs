using Xunit;

namespace Broker.Tests.Groups.Faults;

/// <summary>The checker finds what it is to find: each kind of fault is planted once.</summary>
public sealed class GroupLedgerTests
{
    private static readonly string[] Sound =
    [
        "a 1 granted s0 1 0 ", "a 2 record s0 1 10 k 0", "a 2 record s0 1 11 k 1", "a 3 checkpoint s0 1 11", "a 4 record s0 1 12 k 2",
        "b 5 granted s0 2 11 ", "b 6 record s0 2 12 k 2", "b 7 checkpoint s0 2 12", "b 8 ended s0 2", "b 9 granted s1 1 0 s0", "b 10 record s1 1 20 k 3",
    ];

    [Fact]
    public void WhatIsSoundHasNoFaults() => Assert.Empty(Faults(Sound));

    [Theory]
    [InlineData("never processed", 10, null)]
    [InlineData("by b and a", 7, "a 7 checkpoint s0 2 12")]
    [InlineData("came after", 2, "a 2 record s0 1 9 k 1")]
    [InlineData("below the checkpoint", 5, "b 5 granted s0 2 10 ")]
    [InlineData("at or below its checkpoint", 6, "b 6 record s0 2 11 k 2")]
    [InlineData("was processed before", 4, "a 2 record s0 1 12 k 9")]
    [InlineData("began before", 9, "b 7 granted s1 1 0 s0")]
    public void APlantedFaultIsFound(string fault, int line, string? planted)
    {
        var lines = Sound.ToList();
        lines.RemoveAt(line);
        if (planted is not null)
        {
            lines.Insert(line, planted);
        }

        Assert.Contains(Faults(lines), found => found.Contains(fault, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Faults(IEnumerable<string> lines) =>
        GroupLedger.Faults([.. lines.Select(line => WorkerEvent.Parse(line[..1], line[2..]))], new Dictionary<string, int> { ["k"] = 4 });
}
