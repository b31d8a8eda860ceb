using Broker.Silo.Storage;
using Microsoft.Extensions.Hosting;

namespace Broker.Silo.Hosting;

/// <summary>Opens the storage before the silo starts and closes it after the silo stopped.</summary>
/// <remarks>Registered ahead of the silo: hosted services start in the order of their registration and stop in reverse.</remarks>
internal sealed class StorageLifetime(IEnumerable<IStorageComponent> components) : IHostedService
{
    private readonly Stack<IStorageComponent> opened = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var component in components)
        {
            opened.Push(component);
            try
            {
                await component.OpenAsync(cancellationToken);
            }
            catch
            {
                // A host that does not start does not stop its services either.
                await StopAsync(CancellationToken.None);
                throw;
            }
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while (opened.TryPop(out var component))
        {
            await component.CloseAsync(cancellationToken);
        }
    }
}
