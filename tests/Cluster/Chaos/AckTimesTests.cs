using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>What is reported as unavailability is the longest time without acknowledgement around a fault.</summary>
public sealed class AckTimesTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void The_longest_gap_counts_whole_where_a_part_of_it_lies_in_the_fault()
    {
        var times = new AckTimes(2, time);
        var marks = new Dictionary<int, long>();
        for (var second = 0; second <= 20; second++)
        {
            marks[second] = time.GetTimestamp();
            if (second is < 5 or >= 9)
            {
                times.Note(0);
            }

            if (second != 15)
            {
                times.Note(1);
            }

            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([5, 1], Gaps(6, 7));
        Assert.Equal([5, 1], Gaps(4, 12));
        Assert.Equal([1, 1], Gaps(10, 12));
        Assert.Equal([1, 2], Gaps(13, 20));
        Assert.False(times.HaveAllSince(marks[20]));
        Assert.True(times.HaveAllSince(marks[19]));
        times.Note(1);
        Assert.Equal([0], times.SilentSince(marks[20]));

        double[] Gaps(int from, int to) => [.. times.LongestGaps(marks[from], marks[to]).Select(gap => gap.TotalSeconds)];
    }

    [Fact]
    public void A_lane_that_is_never_acknowledged_is_missing_from_the_beginning_to_the_end()
    {
        var times = new AckTimes(1, time);
        var from = time.GetTimestamp();
        time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal([TimeSpan.FromSeconds(7)], times.LongestGaps(from, time.GetTimestamp()));
    }

    [Theory]
    [InlineData(50, 2)]
    [InlineData(99, 4)]
    [InlineData(100, 4)]
    public void A_percentile_is_one_of_the_gaps(double percent, double milliseconds) =>
        Assert.Equal(milliseconds, FaultRecord.Percentile([.. new[] { 3, 1, 4, 2 }.Select(gap => TimeSpan.FromMilliseconds(gap))], percent));
}
