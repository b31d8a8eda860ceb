using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Streams.Retention;

/// <summary>The time by which records expire: the wall clock as far as it is believed. It never goes back, and cannot jump.</summary>
/// <remarks>
/// <para>
/// A wall clock that runs ahead of elapsed (monotonic) time by more than the tolerance has jumped: expiry stands still, with a
/// warning, until the clock is back or the broker is started again. One that steps back makes expiry wait until it has caught up.
/// </para>
/// <para>
/// Across a restart there is no elapsed time to compare with, only the floor that the last run left. A clock below it waits; a clock
/// far above it is held at the floor for a while, because a long stop and a wrong clock look alike, and believed after that.
/// </para>
/// <para>
/// In a cluster the wall clock is the database's, and the floor is that of all silos: this clock rises to it, and where it has come
/// to what the wall clock says, the other silos have believed that wall clock, and so does this one.
/// </para>
/// <para>May be called from any thread. Its floor is kept by <see cref="ExpiryFloor"/>.</para>
/// </remarks>
public sealed partial class ExpiryClock
{
    /// <summary>How far wall clock and elapsed time may run apart without a jump: a part in so many, twice what two quartz clocks do.</summary>
    private const int DriftParts = 5_000;

    private readonly TimeProvider time;
    private readonly RetentionOptions options;
    private readonly ILogger<ExpiryClock> logger;
    private readonly Lock gate = new();
    private long startTimestamp;
    private long startWall;
    private long now;
    private bool held;
    private bool suspended;

    public ExpiryClock(TimeProvider time, IOptions<RetentionOptions> options, ILogger<ExpiryClock> logger)
    {
        this.time = time;
        this.options = options.Value;
        this.logger = logger;
        Anchor();
        now = startWall;
    }

    /// <summary>Milliseconds since 1970; never falls.</summary>
    public long NowUnixMilliseconds
    {
        get
        {
            lock (gate)
            {
                Advance();
                return now;
            }
        }
    }

    /// <summary>True while the wall clock is disbelieved and nothing more expires.</summary>
    public bool IsSuspended
    {
        get
        {
            lock (gate)
            {
                Advance();
                return suspended || held;
            }
        }
    }

    /// <summary>Takes over where the last run ended. Called once, before the first grain runs.</summary>
    /// <param name="floor">What was kept, milliseconds since 1970; null where this is the first run.</param>
    public void Restore(long? floor)
    {
        lock (gate)
        {
            // In a cluster the time was the machine's own until now.
            Anchor();
            var wall = startWall;
            if (floor is not { } floorUnixMilliseconds)
            {
                now = wall;
                return;
            }

            held = wall - floorUnixMilliseconds > Milliseconds(options.JumpTolerance) && options.HoldAfterRestart > TimeSpan.Zero;
            now = held || wall < floorUnixMilliseconds ? floorUnixMilliseconds : wall;
            if (held)
            {
                LogHeld(wall, floorUnixMilliseconds, options.HoldAfterRestart);
            }
            else if (wall < floorUnixMilliseconds)
            {
                LogBehind(wall, floorUnixMilliseconds);
            }
        }
    }

    /// <summary>Rises to a floor that another silo kept.</summary>
    public void Raise(long floorUnixMilliseconds)
    {
        lock (gate)
        {
            Advance();
            now = Math.Max(now, floorUnixMilliseconds);
            var wall = Wall();
            if ((suspended || held) && wall - floorUnixMilliseconds <= Milliseconds(options.JumpTolerance))
            {
                suspended = held = false;
                Anchor();
                LogResumed(wall);
            }
        }
    }

    private void Anchor()
    {
        startTimestamp = time.GetTimestamp();
        startWall = Wall();
    }

    private void Advance()
    {
        var elapsed = time.GetElapsedTime(startTimestamp);
        var wall = Wall();
        var expected = startWall + Milliseconds(elapsed + (elapsed / DriftParts));
        if (wall - expected > Milliseconds(options.JumpTolerance))
        {
            if (!suspended)
            {
                suspended = true;
                LogSuspended(wall, expected, options.JumpTolerance);
            }

            return;
        }

        if (suspended)
        {
            suspended = false;
            LogResumed(wall);
        }

        if (held && elapsed >= options.HoldAfterRestart)
        {
            held = false;
            LogResumed(wall);
        }

        if (!held)
        {
            now = Math.Max(now, wall);
        }
    }

    private long Wall() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;
}
