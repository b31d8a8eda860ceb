using Broker.Cli.Client;
using Xunit;

namespace Broker.Tests.Unit.Cli;

public sealed class BrokerEndpointTests
{
    [Fact]
    public void Each_gateway_alone_comes_in_turn()
    {
        Uri[] all = [new("http://a:1"), new("http://b:2"), new("http://c:3")];
        var endpoint = new BrokerEndpoint(all[0]) { Others = all[1..] };
        for (var i = 0; i < 7; i++)
        {
            Assert.Equal(all[i % 3], endpoint.Only(i).Address);
            Assert.Empty(endpoint.Only(i).Others);
        }

        Assert.Equal(all[0], new BrokerEndpoint(all[0]).Only(5).Address);
    }
}
