namespace Broker.Silo.Streams.Retention;

/// <summary>Who sweeps: one silo of a cluster at each interval.</summary>
public interface ISweepTurns
{
    /// <summary>True where this silo is to sweep now.</summary>
    ValueTask<bool> TryTakeAsync(CancellationToken cancellationToken);
}
