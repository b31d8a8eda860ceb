using Broker.Load.Workbench;

namespace Broker.Load.Systems;

/// <summary>A peer that runs on a port of loopback.</summary>
internal sealed record PeerServer(int Port, ServerProcess Process) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
