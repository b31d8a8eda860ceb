namespace Broker.Kcl.Producer;

/// <summary>How long to wait before the next attempt: doubling, with a jitter of half either way.</summary>
internal sealed class RetryPause(BrokerProducerOptions options)
{
    /// <param name="attempts">Attempts so far; 1 after the first.</param>
    /// <param name="atLeast">What the broker asks for.</param>
    public TimeSpan After(int attempts, TimeSpan atLeast = default)
    {
        var pause = options.RetryDelay * Math.Pow(2, Math.Min(attempts - 1, 20));
        pause = (pause < options.MaxRetryDelay ? pause : options.MaxRetryDelay) * (0.5 + Random.Shared.NextDouble());

        // What was asked for by the broker is a floor: the jitter goes on top.
        return pause > atLeast ? pause : atLeast * (1 + (Random.Shared.NextDouble() / 2));
    }
}
