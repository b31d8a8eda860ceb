using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Broker.Silo.Hosting;

/// <summary>Listens nowhere. An embedded silo has no peers and no remote clients: its own calls never touch a socket.</summary>
internal sealed class NoListenerFactory : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new NoListener(endpoint));

    private sealed class NoListener(EndPoint endPoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> none = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await none.Task.WaitAsync(cancellationToken);

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            none.TrySetResult(null);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
