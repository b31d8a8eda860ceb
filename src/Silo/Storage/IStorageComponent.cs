namespace Broker.Silo.Storage;

/// <summary>Something that must be open before the first grain runs and stay open until the last one stopped.</summary>
/// <remarks>The host opens all of them in the order of their registration, before the silo starts, and closes them in reverse.</remarks>
public interface IStorageComponent
{
    /// <exception cref="StorageException">It cannot be opened; the host does not start.</exception>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Repeatable; called also when opening failed halfway.</summary>
    ValueTask CloseAsync(CancellationToken cancellationToken);
}
