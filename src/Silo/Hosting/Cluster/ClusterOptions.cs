using System.Net;
using Broker.Silo.Operations;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>A process's part in a cluster, and how soon a silo counts as lost. Configuration section <c>Broker:Cluster</c>; used where Broker:Postgres names a database.</summary>
public sealed class ClusterOptions
{
    /// <summary>What the process does: <c>silo</c>, <c>gateway</c>, or both with a comma between, the default.</summary>
    public string Roles { get; set; } = "silo,gateway";

    /// <summary>Which cluster of those on the database; 1 to 100 characters. Default <c>broker</c>.</summary>
    public string ClusterId { get; set; } = "broker";

    /// <summary>The address at which other processes of the cluster reach this one. Without Broker:ClusterTls they are not authenticated, and it belongs on a network of the cluster's own. Default 127.0.0.1.</summary>
    public string AdvertisedAddress { get; set; } = "127.0.0.1";

    /// <summary>The port on which silos talk to this one. Default 11111.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port on which gateways without a silo talk to this one. Default 30000.</summary>
    public int SiloGatewayPort { get; set; } = 30000;

    /// <summary>The silo's name, which survives a restart, as a pod's does; empty, the default, for one made from address and port.</summary>
    public string SiloName { get; set; } = "";

    /// <summary>Brings the database up to this release at start, as <c>broker migrate</c> does. For development. Default false.</summary>
    public bool Migrate { get; set; }

    /// <summary>How often silos probe each other, and how long a probe waits; 100 ms to 1 minute. Default 500 ms.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Probes in a row without an answer after which a silo votes for another's end; two votes end it. 1 to 100. Default 3.</summary>
    public int MissedProbes { get; set; } = 3;

    /// <summary>
    /// A silo whose connection ended and at whose port nobody listens any more is taken out at once, without probes: its process is gone.
    /// Not where a firewall refuses connections in a silo's name. Default true.
    /// </summary>
    public bool EvictRefusing { get; set; } = true;

    /// <summary>
    /// The highest level of a cluster that this process serves, 1 to 2; below its build's highest it acts as an older build would, to try an
    /// upgrade out. Default 2.
    /// </summary>
    public int HighestLevel { get; set; } = FeatureLevels.Highest;

    public bool IsSilo => RoleNames.Contains("silo", StringComparer.OrdinalIgnoreCase);

    public bool IsGateway => RoleNames.Contains("gateway", StringComparer.OrdinalIgnoreCase);

    private string[] RoleNames => Roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    /// <param name="isCluster">Whether there is a database, which a process with one role alone needs.</param>
    public IEnumerable<string> Faults(bool isCluster)
    {
        if (RoleNames.Length == 0 || RoleNames.Any(role => !role.Equals("silo", StringComparison.OrdinalIgnoreCase) && !role.Equals("gateway", StringComparison.OrdinalIgnoreCase)))
        {
            yield return $"Broker:Cluster:Roles is '{Roles}': it must be silo, gateway, or silo,gateway.";
        }

        else if (!isCluster && !(IsSilo && IsGateway))
        {
            yield return $"Broker:Cluster:Roles is '{Roles}', and there is no database: a process without Broker:Postgres:ConnectionString (--postgres) is alone and has both roles.";
        }
        else if (Migrate && !IsSilo)
        {
            yield return $"Broker:Cluster:Migrate is true and Roles is '{Roles}': a silo brings the database up, or 'broker migrate' does.";
        }

        if (ClusterId.Length is < 1 or > 100 || ClusterId.Any(char.IsWhiteSpace))
        {
            yield return $"Broker:Cluster:ClusterId is '{ClusterId}': it must be 1 to 100 characters without white space.";
        }

        if (!IPAddress.TryParse(AdvertisedAddress, out var address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            yield return $"Broker:Cluster:AdvertisedAddress is '{AdvertisedAddress}': it must be an IP address at which other processes reach this one.";
        }

        foreach (var (name, port) in new[] { (nameof(SiloPort), SiloPort), (nameof(SiloGatewayPort), SiloGatewayPort) })
        {
            if (port is < 1 or > 65_535)
            {
                yield return $"Broker:Cluster:{name} is {port}: it must be a port, 1 to 65535.";
            }
        }

        if (SiloPort == SiloGatewayPort)
        {
            yield return $"Broker:Cluster:SiloPort and SiloGatewayPort are both {SiloPort}: they must differ.";
        }

        if (ProbeTimeout < TimeSpan.FromMilliseconds(100) || ProbeTimeout > TimeSpan.FromMinutes(1))
        {
            yield return $"Broker:Cluster:ProbeTimeout is {ProbeTimeout}: it must be 100 ms to 1 minute.";
        }

        if (HighestLevel is < FeatureLevels.Least or > FeatureLevels.Highest)
        {
            yield return $"Broker:Cluster:HighestLevel is {HighestLevel}: it must be {FeatureLevels.Least} to {FeatureLevels.Highest}.";
        }

        if (MissedProbes is < 1 or > 100)
        {
            yield return $"Broker:Cluster:MissedProbes is {MissedProbes}: it must be 1 to 100.";
        }
    }
}
