using System.Net;
using Broker.Tests.Harness.Wire;
using Xunit;

namespace Broker.Tests.Fault.Aws;

/// <summary>The writer retries as an SDK does, and what it notes shows a broker that loses, doubles, or answers a retry otherwise.</summary>
public sealed class AwsWriterTests
{
    [Fact]
    public async Task ACallIsRepeatedAsItWasUnderItsInvocationId()
    {
        using var fake = new FakeBroker { BreaksConnections = 2, IsUnavailable = 1 };
        Assert.Empty(await FaultsAsync(fake));
        Assert.Single(fake.Attempts.Take(4).Distinct());
        Assert.Equal(3, fake.Attempts.Distinct().Count());
        Assert.Equal(3, fake.Attempts.DistinctBy(attempt => attempt.Invocation).Count());
    }

    [Fact]
    public async Task RecordsThatFailedAreSentAnewUnderAnotherId()
    {
        using var fake = new FakeBroker { FailsRecords = 1 };
        Assert.Empty(await FaultsAsync(fake));
        var sent = fake.Attempts.Distinct().ToList();
        Assert.Equal(4, sent.DistinctBy(attempt => attempt.Invocation).Count());
        Assert.True(sent[1].Body.Length < sent[0].Body.Length);
    }

    [Fact]
    public async Task ABrokerThatTakesARepeatAsNewIsFound()
    {
        using var fake = new FakeBroker { BreaksConnections = 1, ForgetsInvocations = true };
        Assert.Contains(await FaultsAsync(fake), fault => fault.StartsWith("doubled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ABrokerThatAnswersARepeatOtherwiseIsFound()
    {
        using var fake = new FakeBroker { BreaksConnections = 1, MakesAnswersUp = true };
        Assert.Contains(await FaultsAsync(fake), fault => fault.StartsWith("moved", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ABrokerThatKeepsNothingIsFound()
    {
        using var fake = new FakeBroker { KeepsNothing = true };
        var faults = await FaultsAsync(fake);
        Assert.NotEmpty(faults);
        Assert.All(faults, fault => Assert.StartsWith("lost", fault, StringComparison.Ordinal));
    }

    private static async Task<List<string>> FaultsAsync(FakeBroker fake)
    {
        var ledger = new Ledger();
        var subject = new AwsSubject("s", false, ledger, [(new AwsWriter("w", "s", ledger, 3, new AwsWriterKind(WireProtocol.AwsCbor, 60)), null!)]);
        using var caller = new AwsCaller("http://localhost", HttpVersion.Version11, fake);
        for (var i = 0; i < 3; i++)
        {
            await subject.Writers[0].Writer.PutAsync(caller);
        }

        Assert.NotEqual(0, ledger.AcknowledgedCount);
        return subject.Check(fake.Taken);
    }
}
