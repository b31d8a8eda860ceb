using System.Security.Cryptography.X509Certificates;
using Broker.Kcl.Connection;

namespace Broker.Cli.Client;

/// <summary>Where a broker is, and how a client makes itself known to it.</summary>
/// <param name="Address">http:// or https://.</param>
/// <param name="Credentials">What calls are signed with; null for calls without a signature.</param>
/// <param name="Authorities">The only certificate authorities that the server's certificate may come from; null for those of the system.</param>
/// <param name="Certificate">The client's certificate with its key; null for none.</param>
internal sealed record BrokerEndpoint(
    Uri Address, BrokerCredentials? Credentials = null, X509Certificate2Collection? Authorities = null, X509Certificate2? Certificate = null)
{
    /// <summary>Other gateways of the same cluster, of the same scheme; calls are spread over all that answer.</summary>
    public IReadOnlyList<Uri> Others { get; init; } = [];

    /// <summary>One of the gateways, counted round, without the others: for load that is to be spread evenly.</summary>
    public BrokerEndpoint Only(int index) =>
        index % (Others.Count + 1) is var place && place == 0 ? this with { Others = [] } : this with { Address = Others[place - 1], Others = [] };

    public static implicit operator BrokerEndpoint(Uri address) => new(address);
}
