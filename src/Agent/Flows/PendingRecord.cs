using Broker.Agent.Tailing;

namespace Broker.Agent.Flows;

/// <summary>A record on its way.</summary>
/// <param name="File">The file that it comes from.</param>
/// <param name="End">Up to where that is dealt with when it is durable.</param>
/// <param name="Bytes">What it takes of the bound.</param>
/// <param name="Put">Ends when it is durable.</param>
internal readonly record struct PendingRecord(TrackedFile File, long End, int Bytes, Task Put);
