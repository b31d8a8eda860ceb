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
/// <para>May be called from any thread. Its floor is kept by <see cref="ExpiryFloor"/>.</para>
/// </remarks>
public sealed partial class ExpiryClock
{
    private readonly TimeProvider _time;
    private readonly RetentionOptions _options;
    private readonly ILogger<ExpiryClock> _logger;
    private readonly Lock _lock = new();
    private readonly long _startTimestamp;
    private readonly long _startWall;
    private long _now;
    private bool _held;
    private bool _suspended;

    public ExpiryClock(TimeProvider time, IOptions<RetentionOptions> options, ILogger<ExpiryClock> logger)
    {
        _time = time;
        _options = options.Value;
        _logger = logger;
        _startTimestamp = time.GetTimestamp();
        _startWall = _now = Wall();
    }

    /// <summary>Milliseconds since 1970; never falls.</summary>
    public long NowUnixMilliseconds
    {
        get
        {
            lock (_lock)
            {
                Advance();
                return _now;
            }
        }
    }

    /// <summary>True while the wall clock is disbelieved and nothing more expires.</summary>
    public bool IsSuspended
    {
        get
        {
            lock (_lock)
            {
                Advance();
                return _suspended || _held;
            }
        }
    }

    /// <summary>Takes over where the last run ended. Called once, before the first grain runs.</summary>
    public void Restore(long floorUnixMilliseconds)
    {
        lock (_lock)
        {
            var wall = Wall();
            _held = wall - floorUnixMilliseconds > Milliseconds(_options.JumpTolerance) && _options.HoldAfterRestart > TimeSpan.Zero;
            _now = _held || wall < floorUnixMilliseconds ? floorUnixMilliseconds : wall;
            if (_held)
            {
                LogHeld(wall, floorUnixMilliseconds, _options.HoldAfterRestart);
            }
            else if (wall < floorUnixMilliseconds)
            {
                LogBehind(wall, floorUnixMilliseconds);
            }
        }
    }

    private void Advance()
    {
        var elapsed = _time.GetElapsedTime(_startTimestamp);
        var wall = Wall();
        var expected = _startWall + Milliseconds(elapsed);
        if (wall - expected > Milliseconds(_options.JumpTolerance))
        {
            if (!_suspended)
            {
                _suspended = true;
                LogSuspended(wall, expected, _options.JumpTolerance);
            }

            return;
        }

        if (_suspended)
        {
            _suspended = false;
            LogResumed(wall);
        }

        if (_held && elapsed >= _options.HoldAfterRestart)
        {
            _held = false;
            LogResumed(wall);
        }

        if (!_held)
        {
            _now = Math.Max(_now, wall);
        }
    }

    private long Wall() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;
}
