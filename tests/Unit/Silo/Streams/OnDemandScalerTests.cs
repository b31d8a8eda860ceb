using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams;
using Broker.Silo.Streams.Lineage;
using Broker.Silo.Streams.Scaling;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Streams;

public sealed class OnDemandScalerTests
{
    private readonly OnDemandOptions options = new();
    private readonly FakeTimeProvider time = new(DateTimeOffset.FromUnixTimeSeconds(1_790_000_000));
    private StreamLineage lineage;
    private OnDemandScaler scaler;

    public OnDemandScalerTests()
    {
        lineage = StreamLineage.Create(4, NowSecond);
        scaler = new OnDemandScaler(options, time);
        time.Advance(TimeSpan.FromMinutes(5));
    }

    private long NowSecond => time.GetUtcNow().ToUnixTimeSeconds();

    [Fact]
    public void A_shard_that_stays_hot_is_split_at_the_key_that_halves_its_load()
    {
        Report(1, options.HotBytesPerSecond);
        Assert.Null(Next());
        Pass(1);
        Report(1, options.HotBytesPerSecond);
        Assert.Null(Next());
        Pass(1);
        Report(1, options.HotBytesPerSecond);
        var operation = Next();
        Assert.Equal((ReshardKind.Split, 1, true), (operation!.Kind, operation.Shard, operation.IsAutomatic));
        Assert.True(HashKey.TryParse(operation.NewStart, out var key));
        Assert.Equal(lineage.Open[1].Range.Middle!.Value.Value, key.Value);
    }

    [Fact]
    public void Records_and_queues_make_a_shard_hot_but_no_queue_of_others()
    {
        Assert.NotNull(AfterHot(() => Report(0, 1, records: options.HotRecordsPerSecond)));
        scaler = new OnDemandScaler(options, time);
        Assert.NotNull(AfterHot(() => Report(0, options.HotBytesPerSecond / 4, queued: options.HotQueueBytes)));
        scaler = new OnDemandScaler(options, time);
        Assert.Null(AfterHot(() => Report(0, (options.HotBytesPerSecond / 4) - 1, queued: options.HotQueueBytes)));
        scaler = new OnDemandScaler(options, time);
        Assert.Null(AfterHot(() => Report(0, options.HotBytesPerSecond - 1, records: options.HotRecordsPerSecond - 1)));
    }

    [Fact]
    public void A_pause_or_a_cooler_second_begins_the_wait_anew()
    {
        Report(0, options.HotBytesPerSecond);
        Pass(1);
        Report(0, options.HotBytesPerSecond - 1);
        Pass(1);
        Report(0, options.HotBytesPerSecond);
        Assert.Null(Next());
        Pass(4);
        Report(0, options.HotBytesPerSecond);
        Assert.Null(Next());
        Pass(2);
        Report(0, options.HotBytesPerSecond);
        Assert.NotNull(Next());

        // What was hot and says nothing any more is left alone.
        Pass(4);
        Assert.Null(Next());
    }

    [Fact]
    public void The_hottest_goes_first_and_a_single_key_is_passed_over()
    {
        var operation = AfterHot(() =>
        {
            Report(0, options.HotBytesPerSecond);
            Report(2, options.HotBytesPerSecond * 2);
            Report(3, options.HotBytesPerSecond * 3, [.. Enumerable.Repeat(new LoadSample(new HashKey(UInt128.MaxValue - 9), 1), 256)]);
        });
        Assert.Equal(2, operation!.Shard);
    }

    [Fact]
    public void A_young_shard_waits_for_its_age()
    {
        Apply(AfterHot(() => Report(0, options.HotBytesPerSecond))!);
        Pass(options.MinShardAge.TotalSeconds - 4);
        Assert.Null(AfterHot(() => Report(4, options.HotBytesPerSecond)));
        Pass(2);
        Report(4, options.HotBytesPerSecond);
        Assert.NotNull(Next());
    }

    [Fact]
    public void Shards_double_in_a_minute_at_most_and_stop_at_the_ceiling()
    {
        options.MaxShards = 20;
        options.MinShardAge = TimeSpan.Zero;
        var opened = new Queue<(DateTimeOffset At, int Open)>([(time.GetUtcNow() - TimeSpan.FromMinutes(2), 4)]);
        for (var second = 0; second < 400; second++)
        {
            foreach (var shard in lineage.Open)
            {
                Report(shard.Id.Index, options.HotBytesPerSecond);
            }

            if (Next() is { Kind: ReshardKind.Split } operation)
            {
                Apply(operation);
            }

            opened.Enqueue((time.GetUtcNow(), lineage.Open.Length));
            var before = opened.Last(entry => entry.At <= time.GetUtcNow() - TimeSpan.FromMinutes(1)).Open;
            Assert.True(lineage.Open.Length <= 2 * before, $"second {second}: {before} became {lineage.Open.Length}");
            Pass(1);
        }

        Assert.Equal(20, lineage.Open.Length);
        Assert.Equal(8, opened.Last(entry => entry.At <= opened.ElementAt(1).At + TimeSpan.FromSeconds(59)).Open);
    }

    [Fact]
    public void Cold_neighbours_merge_after_a_long_quiet_the_narrowest_first_down_to_the_least()
    {
        lineage = StreamLineage.Create(6, NowSecond);
        Apply(new ReshardOperation { Kind = ReshardKind.Split, Shard = 2, NewStart = lineage.Open[2].Range.Middle.ToString() });
        time.Advance(options.MergeAfter - TimeSpan.FromSeconds(1));
        Report(7, options.ColdBytesPerSecond);
        Assert.Null(Next());
        Pass(2);
        var operation = Next();
        Assert.NotNull(operation);
        Assert.Equal((ReshardKind.Merge, true), (operation.Kind, operation.IsAutomatic));
        Assert.DoesNotContain(7, new[] { operation.Shard, operation.AdjacentShard });
        time.Advance(options.MergeAfter);
        operation = Next();
        Assert.Equal([6, 7], new[] { operation!.Shard, operation.AdjacentShard }.Order());
        Apply(operation);
        for (var step = 0; step < 2; step++)
        {
            time.Advance(options.MergeAfter);
            Apply(Next()!);
        }

        time.Advance(options.MergeAfter * 3);
        Assert.Equal(4, lineage.Open.Length);
        Assert.Null(Next());
        Assert.NotNull(scaler.Next(lineage, 3, 100));
    }

    [Fact]
    public void Faulty_options_are_told_all_at_once()
    {
        Assert.Empty(options.Faults());
        options.HotBytesPerSecond = 0;
        options.ColdRecordsPerSecond = 4_001;
        options.MergeAfter = TimeSpan.Zero;
        options.MaxShards = 0;
        options.HotFor = TimeSpan.FromSeconds(-1);
        Assert.Equal(6, options.Faults().Count());
    }

    private ReshardOperation? AfterHot(Action report)
    {
        for (var second = 0; second < 2; second++)
        {
            report();
            Pass(1);
        }

        report();
        return Next();
    }

    private void Report(int shard, long bytes, ImmutableArray<LoadSample>? samples = null, long records = 0, long queued = 0)
    {
        var range = lineage.Find(new ShardId(shard))!.Range;
        var step = (range.End.Value - range.Start.Value) / 256;
        samples ??= [.. Enumerable.Range(0, 256).Select(i => new LoadSample(new HashKey(i == 128 ? range.Middle!.Value.Value : range.Start.Value + (step * (UInt128)i)), 1))];
        scaler.Note(new ShardLoadReport(new ShardId(shard), bytes, records, queued, samples.Value));
    }

    private ReshardOperation? Next() => scaler.Next(lineage, OnDemandScaler.InitialShards, 10_000);

    private void Pass(double seconds) => time.Advance(TimeSpan.FromSeconds(seconds));

    private void Apply(ReshardOperation operation)
    {
        var end = new SealedEnd(1, time.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var step in operation.NextSteps(lineage, 10))
        {
            lineage = step.Adjacent is { } adjacent
                ? lineage.Merge(step.Shard, end, adjacent, end, NowSecond).Lineage
                : lineage.Split(step.Shard, step.NewStart, end, NowSecond).Lineage;
        }
    }
}
