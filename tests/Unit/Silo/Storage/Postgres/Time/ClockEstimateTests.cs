using Broker.Silo.Storage.Postgres.Time;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres.Time;

public sealed class ClockEstimateTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider system = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly ClockEstimate estimate;
    private TimeSpan ahead = TimeSpan.FromMinutes(3);

    public ClockEstimateTests() => estimate = new ClockEstimate(new DatabaseTimeOptions(), system);

    private long Database => (system.GetUtcNow() + ahead).UtcTicks;

    [Fact]
    public void Until_the_first_sample_it_is_the_machines_time_and_doubted()
    {
        Assert.Equal(system.GetUtcNow().UtcTicks, estimate.UtcTicks);
        Assert.NotNull(estimate.Doubt);
        Sample();
        Assert.Equal(Database, estimate.UtcTicks);
        Assert.Null(estimate.Doubt);
        system.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Database, estimate.UtcTicks);
    }

    [Fact]
    public void An_answer_is_of_the_middle_of_its_round_trip()
    {
        Sample(TimeSpan.FromMilliseconds(400));
        Assert.Equal(Database, estimate.UtcTicks);
    }

    [Fact]
    public void A_slow_answer_tells_nothing()
    {
        Sample();
        Assert.Equal(SampleVerdict.TooSlow, Sample(TimeSpan.FromSeconds(1.1)));
        Assert.Equal(Database, estimate.UtcTicks);
    }

    [Fact]
    public void An_uncertain_sample_does_not_replace_a_better_one_until_that_is_old()
    {
        Sample();
        system.Advance(Second);
        Sample(TimeSpan.FromMilliseconds(900), at: 0.9);
        Assert.Equal(Database, estimate.UtcTicks);
        system.Advance(TimeSpan.FromMinutes(10));
        Sample(TimeSpan.FromMilliseconds(900), at: 0.9);
        Assert.Equal(Database + TimeSpan.FromMilliseconds(360).Ticks, estimate.UtcTicks);
    }

    [Fact]
    public void Where_the_database_goes_back_a_little_it_runs_at_half_speed_and_never_falls()
    {
        Sample();
        system.Advance(Second);
        ahead -= 2 * Second;
        var before = estimate.UtcTicks;
        Assert.Equal(SampleVerdict.Agrees, Sample());
        Assert.Null(estimate.Doubt);
        for (var i = 0; i < 8; i++)
        {
            system.Advance(Second / 2);
            var now = estimate.UtcTicks;
            Assert.Equal(before + (Second / 4).Ticks, now);
            Assert.Equal(SampleVerdict.Agrees, Sample());
            before = now;
        }

        Assert.Equal(Database, before);
    }

    [Theory]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public void A_jump_is_doubted_at_once_and_believed_when_it_has_settled(int seconds)
    {
        Sample();
        system.Advance(Second);
        ahead += seconds * Second;
        var before = estimate.UtcTicks;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(SampleVerdict.Disagrees, Sample());
            Assert.NotNull(estimate.Doubt);
            Assert.Equal(before, estimate.UtcTicks);
            system.Advance(Second);
            before += Second.Ticks;
        }

        Assert.Equal(SampleVerdict.Settled, Sample());
        Assert.Null(estimate.Doubt);
        Assert.Equal(seconds > 0 ? Database : before, estimate.UtcTicks);
        system.Advance(TimeSpan.FromHours(1));
        Assert.Equal(seconds > 0 ? Database : before + TimeSpan.FromMinutes(30).Ticks, estimate.UtcTicks);
        system.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Database, estimate.UtcTicks);
    }

    [Fact]
    public void A_jump_that_is_taken_back_changes_nothing()
    {
        Sample();
        ahead += TimeSpan.FromHours(1);
        Sample();
        system.Advance(Second);
        ahead -= TimeSpan.FromHours(1);
        Assert.Equal(SampleVerdict.Agrees, Sample());
        Assert.Null(estimate.Doubt);
        Assert.Equal(Database, estimate.UtcTicks);
    }

    [Fact]
    public void A_clock_that_never_goes_steadily_is_never_believed()
    {
        Sample();
        for (var i = 0; i < 60; i++)
        {
            system.Advance(Second);
            ahead = (i % 2 == 0 ? 1 : 2) * TimeSpan.FromHours(1);
            Assert.Equal(SampleVerdict.Disagrees, Sample());
            Assert.NotNull(estimate.Doubt);
        }
    }

    [Fact]
    public void Without_samples_it_is_doubted_when_drift_could_have_passed_the_tolerance()
    {
        Sample();
        system.Advance(TimeSpan.FromMinutes(83));
        Assert.Null(estimate.Doubt);
        system.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(estimate.Doubt);
        Sample();
        Assert.Null(estimate.Doubt);
    }

    [Fact]
    public void It_never_falls_whatever_the_database_says()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            Sample();
            var last = estimate.UtcTicks;
            for (var i = 0; i < 200; i++)
            {
                ahead += random.Next(8) == 0 ? (random.NextDouble() - 0.5) * TimeSpan.FromHours(4) : (random.NextDouble() - 0.5) * Second;
                Sample(random.NextDouble() * 2 * Second, random.NextDouble());
                system.Advance(random.NextDouble() * 3 * Second);
                Assert.True(estimate.UtcTicks >= last, $"seed {seed}, step {i}");
                last = estimate.UtcTicks;
            }
        }
    }

    /// <param name="roundTrip">How long the answer takes.</param>
    /// <param name="at">When in that time the database looks at its clock, 0 to 1.</param>
    private SampleVerdict Sample(TimeSpan roundTrip = default, double at = 0.5)
    {
        var sent = system.GetTimestamp();
        system.Advance(roundTrip * at);
        var ticks = Database;
        system.Advance(roundTrip * (1 - at));
        return estimate.Add(sent, system.GetTimestamp(), ticks);
    }
}
