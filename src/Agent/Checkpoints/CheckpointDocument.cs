namespace Broker.Agent.Checkpoints;

/// <summary>The checkpoint file, JSON.</summary>
/// <param name="Version">1; another is refused.</param>
/// <param name="Flows">Where each flow is; also those that are not configured at the moment.</param>
internal sealed record CheckpointDocument(int Version, IReadOnlyList<FlowCheckpoint> Flows)
{
    public const int CurrentVersion = 1;
}
