using Broker.Cli.Serve.Telemetry;
using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;
using Xunit;

namespace Broker.Tests.Unit.Cli;

public sealed class TelemetryOptionsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("http://127.0.0.1:9464")]
    [InlineData("http://localhost:9464")]
    public void Addresses_of_their_own_are_taken(string listen) => Assert.Empty(Faults(listen));

    [Theory]
    [InlineData("9464")]
    [InlineData("https://127.0.0.1:9464")]
    [InlineData("http://127.0.0.1:9464/metrics")]
    public void What_is_no_address_is_refused(string listen) =>
        Assert.StartsWith($"Broker:Telemetry:Listen is '{listen}': it must be http://", Assert.Single(Faults(listen)), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:4567")]
    [InlineData("http://[::1]:4567")]
    [InlineData("http://127.0.0.1:4568")]
    public void A_port_where_clients_are_listened_to_is_refused(string listen) =>
        Assert.Contains("clients are listened to on port 456", Assert.Single(Faults(listen)), StringComparison.Ordinal);

    private static IReadOnlyList<string> Faults(string listen) => new TelemetryOptions { Listen = listen }
        .Faults(new GatewayOptions { Listen = "http://127.0.0.1:4567" }, new TlsOptions { Development = true });
}
