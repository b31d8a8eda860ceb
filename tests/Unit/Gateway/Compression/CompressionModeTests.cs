using Broker.Gateway.Compression;
using Broker.Gateway.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Compression;

public sealed class CompressionModeTests
{
    [Theory]
    [InlineData(null, null, CompressionMode.None)]
    [InlineData("auto", null, CompressionMode.None)]
    [InlineData("auto", "", CompressionMode.None)]
    [InlineData(null, "Host=db", CompressionMode.Lz4)]
    [InlineData("none", "Host=db", CompressionMode.None)]
    [InlineData("lz4", null, CompressionMode.Lz4)]
    public void Unless_it_is_set_a_gateway_compresses_in_a_cluster_alone(string? setting, string? database, CompressionMode expected)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Broker:Gateway:Compression", setting), new("Broker:Postgres:ConnectionString", database)])
            .Build();
        using var services = new ServiceCollection().AddBrokerGateway(configuration).BuildServiceProvider();
        Assert.Equal(expected, services.GetRequiredService<IOptions<GatewayOptions>>().Value.Compression);
    }

    [Fact]
    public void A_number_that_is_no_mode_is_a_fault() =>
        Assert.Contains("Broker:Gateway:Compression is 7", Assert.Single(new GatewayOptions { Compression = (CompressionMode)7 }.Faults()), StringComparison.Ordinal);
}
