using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Gateway.Appending;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

/// <summary>
/// A put that its client sent before: a copy may still be on its way through another gateway, so that a shard's refusal of this one does
/// not say that the records will not be there.
/// </summary>
public sealed class RepeatedPutTests
{
    private static readonly BatchIdentity Identity = new(new Guid("b6f1b8f7-5a0b-4b1e-9f57-6d9a6f0f6d11"), BatchIdentity.RequestEpoch, 7);

    [Theory]
    [InlineData(BrokerErrorCode.StorageFull, false, false)]
    [InlineData(BrokerErrorCode.StorageFull, true, true)]
    [InlineData(BrokerErrorCode.ProvisionedThroughputExceeded, false, false)]
    [InlineData(BrokerErrorCode.ProvisionedThroughputExceeded, true, true)]
    public async Task A_refusal_is_the_last_word_on_a_first_attempt_alone(BrokerErrorCode code, bool isRepeat, bool isUncertain)
    {
        var harness = new AppendHarness(new FakeCluster(1));
        harness.Cluster[0].Answer = _ => AppendResult.Failed(code, "Not now.");
        var fault = Assert.Single((await PutAsync(harness, 5, isRepeat)).Faults);
        Assert.Equal((code, isUncertain, 5), (fault.Code, fault.IsUncertain, fault.Indexes.Length));
    }

    [Fact]
    public async Task A_repeat_is_not_cut_by_a_limit()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        harness.Cluster[0].Answer = _ => new AppendResult(BrokerErrorCode.ProvisionedThroughputExceeded, 0, 0, [], 7, "Rate exceeded for shard.");
        Assert.Equal(10, Assert.Single((await PutAsync(harness, 10, isRepeat: true)).Faults).Indexes.Length);
        Assert.Equal(0, harness.Cluster[0].Tail);
    }

    [Fact]
    public async Task What_the_limit_kept_out_of_the_first_attempt_is_surely_not_there()
    {
        var harness = new AppendHarness(new FakeCluster(1));
        harness.Cluster[0].Answer = request => request.Blocks.Sum(static block => block.Head.RecordCount) <= 7
            ? null
            : new AppendResult(BrokerErrorCode.ProvisionedThroughputExceeded, 0, 0, [], 7, "Rate exceeded for shard.");
        await PutAsync(harness, 10, isRepeat: false);
        harness.Cluster[0].Answer = null;
        var repeat = await PutAsync(harness, 10, isRepeat: true);
        var fault = Assert.Single(repeat.Faults);
        Assert.Equal((3, false), (fault.Indexes.Length, fault.IsUncertain));
        Assert.Equal(7, harness.Cluster[0].Tail);
    }

    private static async Task<AppendBatch> PutAsync(AppendHarness harness, int records, bool isRepeat)
    {
        var encoded = await harness.EncodeAsync(AppendHarness.Records(records), identity: Identity);
        var deadline = harness.Appender.DeadlineAfter(TimeSpan.FromSeconds(30));
        var batch = harness.Appender.TryPut(encoded, isDivisible: true, deadline, Identity, isRepeat);
        Assert.NotNull(batch);
        await batch.Completion;
        return batch;
    }
}
