using Broker.Contracts.Blocks;
using Broker.Gateway.Aws;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Aws;

public sealed class RetryIdentityTests
{
    [Fact]
    public void Key_id_and_body_make_the_identity()
    {
        var identity = RetryIdentity.Of("key", "id", null, "body"u8)!.Identity;
        Assert.Equal(BatchIdentity.RequestEpoch, identity.ProducerEpoch);
        Assert.Equal(identity, RetryIdentity.Of("key", "id", null, "body"u8)!.Identity);
        Assert.NotEqual(identity, RetryIdentity.Of("other", "id", null, "body"u8)!.Identity);
        Assert.NotEqual(identity, RetryIdentity.Of("key", "other", null, "body"u8)!.Identity);
        Assert.NotEqual(identity, RetryIdentity.Of("key", "id", null, "bodz"u8)!.Identity);
        Assert.NotEqual(RetryIdentity.Of("key i", "d", null, "body"u8)!.Identity, RetryIdentity.Of("key", "i d", null, "body"u8)!.Identity);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("attempt=1; max=3", false)]
    [InlineData("attempt=2; max=3", true)]
    [InlineData("ttl=20261124T000000Z; attempt=12; max=20", true)]
    [InlineData("max=3", false)]
    [InlineData("attempt=x", false)]
    [InlineData("attempt=", false)]
    public void The_attempts_number_tells_a_repeat(string? attempt, bool isRepeat)
    {
        var retry = RetryIdentity.Of("key", "id", attempt, "body"u8)!;
        Assert.Equal(isRepeat, retry.IsRepeat);
        Assert.Equal(RetryIdentity.Of("key", "id", null, "body"u8)!.Identity, retry.Identity);
    }

    [Fact]
    public void Without_an_id_there_is_none()
    {
        Assert.Null(RetryIdentity.Of("key", null, null, "body"u8));
        Assert.Null(RetryIdentity.Of("key", "", null, "body"u8));
        Assert.Null(RetryIdentity.Of("key", new string('x', 200), null, "body"u8));
    }
}
