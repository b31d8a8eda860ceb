using Broker.Tests.Conformance.Clients;
using Xunit;

namespace Broker.Tests.Conformance;

/// <summary>The table in the documents has the operations and clients of the suite. <c>scripts/compatibility</c> writes it anew.</summary>
public sealed class CompatibilityTableTests
{
    private static readonly string Document = Path.Combine(Repository.Root, "docs/aws-compatibility.md");

    [Fact]
    public void TheDocumentHasEveryOperationErrorAndClient()
    {
        var lines = File.ReadAllLines(Document).Where(line => line.StartsWith('|')).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        var subjects = lines.Select(cells => cells[1]).Where(cell => cell.Length > 0 && !cell.StartsWith("---", StringComparison.Ordinal));
        Assert.Equal(Subjects.Operations.Concat(Subjects.Others), subjects);
        Assert.All(lines.Where(cells => cells[1].Length == 0), cells => Assert.Equal(ClientProgram.All.Select(client => client.Title), cells[2..^1]));
    }

    [Fact]
    public void ClientsThatDidNotRunAreUntested()
    {
        var absent = new ClientRun(ClientProgram.All[0], [], "not installed");
        Assert.Contains("| PutRecord | untested |", CompatibilityTable.Of([absent]), StringComparison.Ordinal);
        var failed = absent with { Results = [new("PutRecord", "a", "ok", null), new("PutRecord", "b", "failed", "why")] };
        Assert.Contains("| PutRecord | fails |", CompatibilityTable.Of([failed]), StringComparison.Ordinal);
    }
}
