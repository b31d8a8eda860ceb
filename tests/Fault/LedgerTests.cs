using Xunit;

namespace Broker.Tests.Fault;

/// <summary>The checker finds what it is there to find.</summary>
public sealed class LedgerTests
{
    private static readonly ReadRecord[] Sound =
    [
        new("w|k|1", "shardId-000000000000", "10", 1), new("w|k|2", "shardId-000000000000", "11", 1), new("w|k|3", "shardId-000000000001", "20", 1),
    ];

    [Fact]
    public void ASoundReadHasNoFaults() => Assert.Empty(Check(Sound));

    [Fact]
    public void ALostRecordIsFound() => Assert.Contains("lost: w|k|2", Assert.Single(Check([Sound[0], Sound[2]])), StringComparison.Ordinal);

    [Fact]
    public void ADoubledRecordIsFound() => Assert.Contains(Check([.. Sound, Sound[2] with { Sequence = "21" }]), fault => fault.StartsWith("doubled", StringComparison.Ordinal));

    [Fact]
    public void ASwappedPairIsFound() => Assert.Contains(Check([Sound[1], Sound[0], Sound[2]]), fault => fault.StartsWith("out of order", StringComparison.Ordinal));

    [Fact]
    public void AChildReadBeforeItsParentIsFound() => Assert.Contains(Check([Sound[2], Sound[0], Sound[1]]), fault => fault.StartsWith("out of order", StringComparison.Ordinal));

    [Fact]
    public void ASwappedPairOfOneShardIsFoundWhateverTheKeys() =>
        Assert.Contains("of its shard", Assert.Single(new Ledger().Check(
            [new("w|k|2", "shardId-000000000000", "10", 1), new("w|other|1", "shardId-000000000000", "11", 1)], new HashSet<string> { "w" })), StringComparison.Ordinal);

    [Fact]
    public void ASecondAnswerThatIsNotTheFirstIsFound()
    {
        var ledger = new Ledger();
        ledger.Acknowledge("w|k|1", "shardId-000000000000", "10");
        ledger.Acknowledge("w|k|1", "shardId-000000000000", "10");
        Assert.Contains("again", Assert.Throws<InvalidOperationException>(() => ledger.Acknowledge("w|k|1", "shardId-000000000000", "11")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherPlaceThanAcknowledgedIsFound() =>
        Assert.Contains("moved", Assert.Single(Check([Sound[0], Sound[1], Sound[2] with { Sequence = "29" }])), StringComparison.Ordinal);

    private static List<string> Check(ReadRecord[] read)
    {
        var ledger = new Ledger();
        foreach (var record in Sound)
        {
            ledger.Acknowledge(record.Id, record.Shard, record.Sequence);
        }

        return ledger.Check(read, new HashSet<string> { "w" });
    }
}
