namespace Broker.Tests.Simulation;

/// <summary>A clock that moves only when the simulation has nothing else to do.</summary>
internal sealed class SimTime : TimeProvider
{
    private readonly List<SimTimer> timers = [];
    private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How far the wall clock is from where it should be; timers and timestamps do not know it.</summary>
    public TimeSpan Offset { get; set; }

    public override DateTimeOffset GetUtcNow() => now + Offset;

    public override long GetTimestamp() => now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state);
        timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Jumps to the next timer and fires it.</summary>
    public bool Advance()
    {
        var next = timers.Where(timer => timer.Due is not null).MinBy(timer => timer.Due);
        if (next is null)
        {
            return false;
        }

        now = next.Due!.Value > now ? next.Due.Value : now;
        next.Fire();
        return true;
    }

    public void Clear() => timers.Clear();

    private sealed class SimTimer(SimTime time, TimerCallback callback, object? state) : ITimer
    {
        public DateTimeOffset? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? null : time.now + dueTime;
            return true;
        }

        public void Fire()
        {
            Due = null;
            callback(state);
        }

        public void Dispose() => time.timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
