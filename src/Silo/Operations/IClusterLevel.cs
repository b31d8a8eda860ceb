using Broker.Silo.Storage;

namespace Broker.Silo.Operations;

/// <summary>The cluster's level, durable.</summary>
internal interface IClusterLevel
{
    /// <exception cref="StorageException">The database does not answer.</exception>
    ValueTask<int> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Raises it; nothing where it is as high already. Repeatable.</summary>
    /// <exception cref="StorageException">The database does not answer; whether it was raised is unknown, and it can be repeated.</exception>
    ValueTask RaiseAsync(int level, CancellationToken cancellationToken);
}

/// <summary>An embedded broker has one process, which reads all that builds before it wrote: it is at its build's level.</summary>
internal sealed class EmbeddedLevel : IClusterLevel
{
    public ValueTask<int> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(FeatureLevels.Highest);

    public ValueTask RaiseAsync(int level, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
