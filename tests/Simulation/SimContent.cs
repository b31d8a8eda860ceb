namespace Broker.Tests.Simulation;

/// <summary>A file's bytes: on the medium, and as the system shows them.</summary>
internal sealed class SimContent(long length)
{
    public byte[] Medium { get; } = new byte[length];

    public byte[] Cached { get; } = new byte[length];

    public List<(long Offset, int Length)> Unsynced { get; } = [];
}
