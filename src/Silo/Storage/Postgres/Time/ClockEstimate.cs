namespace Broker.Silo.Storage.Postgres.Time;

/// <summary>The time of another clock by samples of it, carried on in between by this machine's monotonic clock. Thread-safe.</summary>
/// <remarks>
/// <para>
/// A sample is right to within half of its round trip; it replaces the last one when that has become less certain by drift. What is shown
/// follows the estimate but never falls: where the estimate went back, it runs at half speed until the estimate has caught up.
/// </para>
/// <para>
/// A sample further off than the tolerance is one clock's fault, and it cannot be told whose: the estimate is doubted. Samples that agree
/// with each other for the settle time show that the followed clock was set, or is another one (a promoted standby), or that this machine
/// stood still: they are believed then. Samples that go back to what was expected end the doubt at once.
/// </para>
/// </remarks>
/// <param name="options">Bounds.</param>
/// <param name="system">This machine's monotonic clock.</param>
internal sealed class ClockEstimate(DatabaseTimeOptions options, TimeProvider system)
{
    /// <summary>How far two clocks run apart at worst: a thousandth, some ten times what quartz does.</summary>
    private const int DriftParts = 1_000;

    private readonly Lock gate = new();
    private Line? line;
    private Line? candidate;
    private TimeSpan candidateOff;
    private long shown;

    /// <summary>The followed clock's time, UTC ticks; never falls. This machine's own until the first sample.</summary>
    public long UtcTicks
    {
        get
        {
            lock (gate)
            {
                if (line is not { } current)
                {
                    return system.GetUtcNow().UtcTicks;
                }

                return shown = Math.Max(shown, current.ShownAt(Since(current)));
            }
        }
    }

    /// <inheritdoc cref="IClusterTime.Doubt"/>
    public string? Doubt
    {
        get
        {
            lock (gate)
            {
                return line is not { } current ? "the database has not told its time yet"
                    : candidate is not null ? $"the database's clock is {candidateOff:c} off what was expected of it"
                    : current.ErrorAt(Since(current)) > options.Tolerance
                        ? $"the database has not told its time for {Since(current):c}"
                    : null;
            }
        }
    }

    /// <summary>How far the last sample that was not believed is off what was expected: ahead where positive.</summary>
    public TimeSpan Off
    {
        get
        {
            lock (gate)
            {
                return candidateOff;
            }
        }
    }

    /// <summary>Takes a sample in.</summary>
    /// <param name="sent">Timestamp of the question.</param>
    /// <param name="received">Timestamp of the answer.</param>
    /// <param name="ticks">The answer: UTC ticks of the followed clock at some moment between the two.</param>
    public SampleVerdict Add(long sent, long received, long ticks)
    {
        var error = system.GetElapsedTime(sent, received) / 2;
        if (error * 2 > options.MaxRoundTrip)
        {
            return SampleVerdict.TooSlow;
        }

        var sample = new Line(received, ticks + error.Ticks, error, ticks + error.Ticks);
        lock (gate)
        {
            if (line is not { } current)
            {
                line = sample;
                return SampleVerdict.Agrees;
            }

            var elapsed = system.GetElapsedTime(current.Timestamp, received);
            var off = TimeSpan.FromTicks(sample.Ticks - current.TicksAt(elapsed));
            if (off.Duration() - error <= options.Tolerance)
            {
                candidate = null;
                if (error <= current.ErrorAt(elapsed))
                {
                    line = sample with { Shown = current.ShownAt(elapsed) };
                }

                return SampleVerdict.Agrees;
            }

            candidateOff = off;
            if (candidate is not { } known || !Agree(known, sample))
            {
                candidate = sample;
                return SampleVerdict.Disagrees;
            }

            if (system.GetElapsedTime(known.Timestamp, received) < options.SettleTime)
            {
                return SampleVerdict.Disagrees;
            }

            line = sample with { Shown = current.ShownAt(elapsed) };
            candidate = null;
            return SampleVerdict.Settled;
        }
    }

    private bool Agree(Line earlier, Line later)
    {
        var off = TimeSpan.FromTicks(later.Ticks - earlier.TicksAt(system.GetElapsedTime(earlier.Timestamp, later.Timestamp)));
        return off.Duration() - later.Error <= options.Tolerance;
    }

    private TimeSpan Since(Line from) => system.GetElapsedTime(from.Timestamp);

    /// <summary>The followed clock as one sample has it.</summary>
    /// <param name="Timestamp">When.</param>
    /// <param name="Ticks">What it said, UTC.</param>
    /// <param name="Error">Within which that is right.</param>
    /// <param name="Shown">What was shown then; ahead of it where it went back.</param>
    private readonly record struct Line(long Timestamp, long Ticks, TimeSpan Error, long Shown)
    {
        public long TicksAt(TimeSpan elapsed) => Ticks + elapsed.Ticks;

        public long ShownAt(TimeSpan elapsed) => Math.Max(TicksAt(elapsed), Shown + (elapsed.Ticks / 2));

        public TimeSpan ErrorAt(TimeSpan elapsed) => Error + (elapsed / DriftParts);
    }
}
