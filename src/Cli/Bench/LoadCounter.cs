using System.Globalization;

namespace Broker.Cli.Bench;

/// <summary>Counts what a load has done; from any thread.</summary>
internal sealed class LoadCounter(TimeProvider time)
{
    private long began = time.GetTimestamp();
    private long ended;
    private long records;
    private long bytes;
    private long failed;
    private string? firstFailure;

    public long Records => Interlocked.Read(ref records);

    public long Bytes => Interlocked.Read(ref bytes);

    public long Failed => Interlocked.Read(ref failed);

    public TimeSpan Elapsed => time.GetElapsedTime(Interlocked.Read(ref began), Interlocked.Read(ref ended) is var end and not 0 ? end : time.GetTimestamp());

    /// <summary>What a progress line shows.</summary>
    public string Text => $"{Records:N0} records, {Records / Math.Max(Elapsed.TotalSeconds, 0.001):N0}/s";

    public void Add(long recordCount, long dataBytes)
    {
        Interlocked.Add(ref records, recordCount);
        Interlocked.Add(ref bytes, dataBytes);
    }

    /// <summary>Begins the time anew, for a load that has to be made ready first.</summary>
    public void Start() => Interlocked.Exchange(ref began, time.GetTimestamp());

    /// <param name="count">Records that were not taken.</param>
    /// <param name="reason">Why; the first is kept.</param>
    public void Fail(long count, string reason)
    {
        Interlocked.CompareExchange(ref firstFailure, reason, null);
        Interlocked.Add(ref failed, count);
    }

    /// <exception cref="CommandException">Some records failed: how many, and why the first did.</exception>
    public void ThrowIfFailed()
    {
        if (Failed > 0)
        {
            throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"{Failed:N0} records failed; the first: {firstFailure}"));
        }
    }

    public void Stop() => Interlocked.CompareExchange(ref ended, time.GetTimestamp(), 0);
}
