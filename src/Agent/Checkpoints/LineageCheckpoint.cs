namespace Broker.Agent.Checkpoints;

/// <summary>The files that were at a path, oldest first.</summary>
/// <param name="Path">The path.</param>
/// <param name="Files">The files.</param>
internal sealed record LineageCheckpoint(string Path, IReadOnlyList<FileCheckpoint> Files);
