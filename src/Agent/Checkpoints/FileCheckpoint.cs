using Broker.Agent.Files;
using Broker.Agent.Tailing;

namespace Broker.Agent.Checkpoints;

/// <summary>How far a file is dealt with, and by what it is known again.</summary>
/// <param name="Path">The name under which it was seen last.</param>
/// <param name="Id">Which file; null when that was being looked for.</param>
/// <param name="Head">Its beginning.</param>
/// <param name="Anchor">A place before <paramref name="Acknowledged"/>.</param>
/// <param name="Acknowledged">Bytes that are dealt with.</param>
/// <param name="IsFinished">Whether others have followed it and nothing more is expected.</param>
internal sealed record FileCheckpoint(string Path, FileId? Id, Fingerprint Head, Fingerprint Anchor, long Acknowledged, bool IsFinished);
