using Broker.Contracts.Leases;

namespace Broker.Contracts.Grains;

/// <summary>Lists the applications of an account from their rows. Keyed by account id; any number of activations.</summary>
[Alias("broker.IApplicationsGrain")]
public interface IApplicationsGrain : IGrainWithStringKey
{
    /// <summary>Applications in name order after a name.</summary>
    [Alias("List")]
    Task<ApplicationListPage> ListAsync(string? afterName, int limit);
}
