using System.Net;

namespace Broker.Tests.Harness.Cluster.Network;

/// <summary>A node of a <see cref="ClusterNetwork"/>.</summary>
/// <param name="Namespace">Its namespace, for <c>ip netns exec</c>; null for this process's own.</param>
/// <param name="Address">Its address.</param>
/// <param name="Interface">Its way to the others.</param>
public sealed record NetworkNode(string? Namespace, IPAddress Address, string Interface);
