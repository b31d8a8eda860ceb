namespace Broker.Tests.Simulation;

/// <summary>The process died here.</summary>
internal sealed class SimCrash() : Exception("Simulated crash.");
