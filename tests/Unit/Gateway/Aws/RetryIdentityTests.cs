using Broker.Contracts.Blocks;
using Broker.Gateway.Aws;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Aws;

public sealed class RetryIdentityTests
{
    [Fact]
    public void Key_id_and_body_make_the_identity()
    {
        var identity = RetryIdentity.Of("key", "id", "body"u8)!.Identity;
        Assert.Equal(BatchIdentity.RequestEpoch, identity.ProducerEpoch);
        Assert.Equal(identity, RetryIdentity.Of("key", "id", "body"u8)!.Identity);
        Assert.NotEqual(identity, RetryIdentity.Of("other", "id", "body"u8)!.Identity);
        Assert.NotEqual(identity, RetryIdentity.Of("key", "other", "body"u8)!.Identity);
        Assert.NotEqual(identity, RetryIdentity.Of("key", "id", "bodz"u8)!.Identity);
        Assert.NotEqual(RetryIdentity.Of("key i", "d", "body"u8)!.Identity, RetryIdentity.Of("key", "i d", "body"u8)!.Identity);
    }

    [Fact]
    public void Without_an_id_there_is_none()
    {
        Assert.Null(RetryIdentity.Of("key", null, "body"u8));
        Assert.Null(RetryIdentity.Of("key", "", "body"u8));
        Assert.Null(RetryIdentity.Of("key", new string('x', 200), "body"u8));
    }
}
