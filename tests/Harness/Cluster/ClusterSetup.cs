using Broker.Tests.Harness.Certificates;

namespace Broker.Tests.Harness.Cluster;

/// <summary>How <see cref="ClusterProcesses"/> are to be started.</summary>
public sealed record ClusterSetup
{
    /// <summary>Silos at first, each with a gateway unless <see cref="Gateways"/> are apart.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Nodes that are gateways without a silo, before the silos, which are silos alone then; 0 for silos that are gateways too.</summary>
    public int Gateways { get; init; }

    /// <summary>Nodes that have a place and an address, and are not started.</summary>
    public int Spares { get; init; }

    /// <summary>Further databases of the server for records.</summary>
    public int LogDatabases { get; init; }

    /// <summary>Whether the database's server archives its log.</summary>
    public bool IsArchived { get; init; }

    /// <summary>Whether each silo gets a network namespace of its own where that is possible; else all are on loopback.</summary>
    public bool IsIsolated { get; init; }

    /// <summary>The size of the file system that PostgreSQL has for itself, where this process may mount one; null for that of the temporary directory.</summary>
    public int? DatabaseMegabytes { get; init; }

    /// <summary>Whether the second silo has a clock of its own to step, where that is possible.</summary>
    public bool HasSteppedClock { get; init; }

    /// <summary>Whose certificate the database shows, and which alone is believed there; null for a database without TLS.</summary>
    public TestAuthority? DatabaseAuthority { get; init; }

    /// <summary>The build that migrates the database and that nodes run at first.</summary>
    public string Executable { get; init; } = BrokerProcess.Executable;

    /// <summary>Whether the database is as a release left it that knew no levels.</summary>
    public bool IsAtFirstLevel { get; init; }

    /// <summary>Arguments of every <c>broker serve</c>, after those that make it a part of the cluster.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Environment variables of every process.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();
}
