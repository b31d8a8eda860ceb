using Broker.Contracts.Streams;
using Xunit;

namespace Broker.Tests.Unit.Contracts.Streams;

public sealed class BillingCommitmentTests
{
    private const long Day = 86_400_000;

    [Fact]
    public void It_lasts_a_day_at_least_and_then_ends_by_itself()
    {
        Assert.Equal(BillingCommitmentStatus.Disabled, BillingCommitment.None.At(0).Status);
        var begun = BillingCommitment.None.Enable(1_000);
        Assert.Equal(new BillingCommitment(BillingCommitmentStatus.Enabled, 1_000, null, 1_000 + Day), begun);
        var ending = begun.Disable(2_000);
        Assert.Equal(begun with { Status = BillingCommitmentStatus.EnabledUntilEarliestAllowedEnd }, ending);
        Assert.Equal(ending, ending.At(999 + Day));
        Assert.Equal(
            begun with { Status = BillingCommitmentStatus.Disabled, EndedUnixMilliseconds = 1_000 + Day }, ending.At(5_000 + Day));
    }

    [Fact]
    public void An_end_to_come_is_taken_back_and_one_past_its_day_ends_at_once()
    {
        var begun = BillingCommitment.None.Enable(1_000);
        Assert.Equal(begun, begun.Enable(5_000));
        Assert.Equal(begun, begun.Disable(2_000).Enable(3_000));
        var ended = begun.Disable(2_000 + Day);
        Assert.Equal((BillingCommitmentStatus.Disabled, 2_000 + Day), (ended.Status, ended.EndedUnixMilliseconds));
        Assert.Equal(ended, ended.Disable(3_000 + Day));
        Assert.Equal(9_000 + Day, ended.Enable(9_000 + Day).StartedUnixMilliseconds);
    }
}
