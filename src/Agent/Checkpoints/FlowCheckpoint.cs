namespace Broker.Agent.Checkpoints;

/// <summary>Where a flow is.</summary>
/// <param name="Flow">Its name: destination and pattern.</param>
/// <param name="Lineages">The paths that it follows.</param>
internal sealed record FlowCheckpoint(string Flow, IReadOnlyList<LineageCheckpoint> Lineages);
