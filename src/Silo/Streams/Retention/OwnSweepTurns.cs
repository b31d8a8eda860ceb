namespace Broker.Silo.Streams.Retention;

/// <summary>Embedded there is nobody else: every turn is this process's.</summary>
public sealed class OwnSweepTurns : ISweepTurns
{
    public ValueTask<bool> TryTakeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(true);
}
