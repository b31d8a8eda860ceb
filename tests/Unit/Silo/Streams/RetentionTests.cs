using Broker.Silo.Streams.Retention;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Streams;

public sealed class RetentionTests
{
    private const long Hour = 3_600_000;
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void ALongerPeriodBringsNothingBack()
    {
        var now = 1_000 * Hour;
        var horizon = new RetentionHorizon(24, 0).WithHours(48, now);
        Assert.Equal(now - (24 * Hour), horizon.At(now));
        Assert.Equal(now - (24 * Hour), horizon.At(now + (24 * Hour)));
        Assert.Equal(now + Hour - (24 * Hour), horizon.At(now + (25 * Hour)));
    }

    [Fact]
    public void TheHorizonNeverFallsWhateverIsDone()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var (now, horizon, last) = (10_000 * Hour, new RetentionHorizon(24, 0), 0L);
            for (var i = 0; i < 30; i++)
            {
                now += random.Next((int)Hour * 30);
                horizon = random.Next(2) == 0 ? horizon.WithHours(random.Next(24, 200), now) : horizon;
                Assert.True(horizon.At(now) >= last);
                Assert.True(horizon.At(now) >= now - (horizon.RetentionHours * Hour));
                last = horizon.At(now);
            }
        }
    }

    [Fact]
    public void AShorterPeriodTakesEffectAtOnce()
    {
        var horizon = new RetentionHorizon(48, 0).WithHours(24, 1_000 * Hour);
        Assert.Equal(1_000 * Hour - (24 * Hour), horizon.WithHours(24, 1_000 * Hour).At(1_000 * Hour));
    }

    [Fact]
    public void AJumpForwardSuspendsExpiryUntilTheClockIsBack()
    {
        var time = new SteppingTime(Noon);
        var clock = Clock(time);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(Milliseconds(Noon.AddMinutes(5)), clock.NowUnixMilliseconds);
        time.Step(TimeSpan.FromHours(30));
        Assert.Equal(Milliseconds(Noon.AddMinutes(5)), clock.NowUnixMilliseconds);
        Assert.True(clock.IsSuspended);
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(Milliseconds(Noon.AddMinutes(5)), clock.NowUnixMilliseconds);
        time.Step(TimeSpan.FromHours(-30));
        Assert.Equal(Milliseconds(Noon.AddMinutes(125)), clock.NowUnixMilliseconds);
        Assert.False(clock.IsSuspended);
    }

    [Fact]
    public void AStepBackUnexpiresNothing()
    {
        var time = new SteppingTime(Noon);
        var clock = Clock(time);
        time.Step(TimeSpan.FromHours(-3));
        Assert.Equal(Milliseconds(Noon), clock.NowUnixMilliseconds);
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(Milliseconds(Noon), clock.NowUnixMilliseconds);
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(Milliseconds(Noon.AddHours(1)), clock.NowUnixMilliseconds);
    }

    [Fact]
    public void AfterARestartAFarClockIsHeldForAWhileAndABackwardOneWaits()
    {
        var time = new SteppingTime(Noon);
        var far = Clock(time);
        far.Restore(Milliseconds(Noon.AddHours(-50)));
        Assert.Equal(Milliseconds(Noon.AddHours(-50)), far.NowUnixMilliseconds);
        Assert.True(far.IsSuspended);
        time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(Milliseconds(Noon.AddMinutes(61)), far.NowUnixMilliseconds);

        var behind = Clock(time);
        behind.Restore(Milliseconds(Noon.AddHours(20)));
        Assert.Equal(Milliseconds(Noon.AddHours(20)), behind.NowUnixMilliseconds);
        Assert.False(behind.IsSuspended);
    }

    [Fact]
    public void Before_it_is_restored_the_wall_clock_may_be_another()
    {
        var time = new SteppingTime(Noon);
        var clock = Clock(time);
        time.Step(TimeSpan.FromHours(1));
        clock.Restore(null);
        Assert.False(clock.IsSuspended);
        Assert.Equal(Milliseconds(Noon.AddHours(1)), clock.NowUnixMilliseconds);
    }

    [Fact]
    public void Clocks_that_run_apart_slowly_are_no_jump()
    {
        var time = new SteppingTime(Noon);
        var clock = Clock(time);
        for (var day = 0; day < 200; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            time.Step(TimeSpan.FromDays(1) / 10_000);
            Assert.False(clock.IsSuspended);
        }
    }

    [Fact]
    public void A_suspended_clock_rises_with_the_cluster_and_goes_on_when_the_cluster_believes_its_wall_clock()
    {
        var time = new SteppingTime(Noon);
        var clock = Clock(time);
        time.Step(TimeSpan.FromHours(2));
        clock.Raise(Milliseconds(Noon.AddMinutes(1)));
        Assert.Equal(Milliseconds(Noon.AddMinutes(1)), clock.NowUnixMilliseconds);
        Assert.True(clock.IsSuspended);
        clock.Raise(Milliseconds(Noon));
        Assert.Equal(Milliseconds(Noon.AddMinutes(1)), clock.NowUnixMilliseconds);
        clock.Raise(Milliseconds(Noon.AddMinutes(119)));
        Assert.False(clock.IsSuspended);
        Assert.Equal(Milliseconds(Noon.AddHours(2)), clock.NowUnixMilliseconds);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Milliseconds(Noon.AddHours(3)), clock.NowUnixMilliseconds);
    }

    private static ExpiryClock Clock(TimeProvider time) => new(time, Options.Create(new RetentionOptions()), NullLogger<ExpiryClock>.Instance);

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    /// <summary>A wall clock that can be set apart from elapsed time.</summary>
    private sealed class SteppingTime(DateTimeOffset start) : TimeProvider
    {
        private readonly FakeTimeProvider elapsed = new(start);
        private TimeSpan offset;

        public void Advance(TimeSpan by) => elapsed.Advance(by);

        public void Step(TimeSpan by) => offset += by;

        public override DateTimeOffset GetUtcNow() => elapsed.GetUtcNow() + offset;

        public override long GetTimestamp() => elapsed.GetTimestamp();

        public override long TimestampFrequency => elapsed.TimestampFrequency;
    }
}
