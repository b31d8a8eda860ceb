namespace Broker.Cli.Client;

/// <summary>Pauses between attempts: 50 ms, doubling to 1 s, until one succeeds.</summary>
internal sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private TimeSpan next = First;

    public void Reset() => next = First;

    public Task PauseAsync(CancellationToken cancellation)
    {
        var pause = next;
        next = next * 2 > Longest ? Longest : next * 2;
        return Task.Delay(pause, time, cancellation);
    }
}
