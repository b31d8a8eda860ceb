namespace Broker.Kcl.Connection;

/// <summary>Pauses that double, with a jitter of half either way. For one caller at a time.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan most, TimeProvider time)
{
    private int attempts;

    /// <summary>The pauses of a client that connects again: 50 ms, doubling to 1 s.</summary>
    public static Backoff ForConnecting(TimeProvider time) => new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1), time);

    /// <summary>The next pause is the first again.</summary>
    public void Reset() => attempts = 0;

    public Task PauseAsync(CancellationToken cancellation)
    {
        var pause = first * Math.Pow(2, Math.Min(attempts++, 20));
        return Task.Delay((pause < most ? pause : most) * (0.5 + Random.Shared.NextDouble()), time, cancellation);
    }
}
