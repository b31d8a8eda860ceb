namespace Broker.Tests.Simulation;

/// <summary>A rule that every history must keep is broken.</summary>
internal sealed class InvariantException(string message) : Exception(message);
