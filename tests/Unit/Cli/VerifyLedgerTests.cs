using Broker.Cli.Verify;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Cli;

/// <summary>The checker of <c>broker verify</c>, proven against planted faults.</summary>
public sealed class VerifyLedgerTests
{
    private const string Shard = "shardId-000000000000";
    private readonly FakeTimeProvider time = new();
    private readonly VerifyLedger ledger;
    private readonly Dictionary<long, string> places = [];
    private int sequence;

    public VerifyLedgerTests() => ledger = new VerifyLedger(["poll", "push"], time);

    [Fact]
    public void What_every_reader_read_once_and_in_order_is_clean()
    {
        for (var n = 0; n < 1000; n++)
        {
            Acknowledge(n);
            Read(n);
        }

        var report = ledger.Report("s", 0);
        Assert.True(report.IsClean);
        Assert.Equal("lost 0, doubled 0, out of order 0, longest stall 0 ms", report.Verdict);
        Assert.Equal(1000, report.Acknowledged);
        Assert.Equal(1000, report.Read["push"]);
        Assert.Equal(0, ledger.Outstanding);
    }

    [Fact]
    public void An_acknowledged_record_that_one_reader_never_reads_is_lost()
    {
        for (var n = 0; n < 10; n++)
        {
            Acknowledge(n);
            Take(0, Record(n), Shard, Place(n));
            if (n != 7)
            {
                Take(1, Record(n), Shard, Place(n));
            }
        }

        var report = ledger.Report("s", 0);
        Assert.Equal((1, 0, 0), (report.Lost, report.Doubled, report.OutOfOrder));
        var fault = Assert.Single(report.Faults);
        Assert.Equal((FaultKind.Lost, "push", 7L, Shard), (fault.Kind, fault.Reader, fault.Number, fault.ShardId));
    }

    [Fact]
    public void A_record_read_twice_is_doubled_however_much_later()
    {
        for (var n = 0; n < 500; n++)
        {
            Acknowledge(n);
            Read(n);
        }

        Take(1, Record(3), Shard, Next());
        var report = ledger.Report("s", 0);
        Assert.Equal((0, 1, 0), (report.Lost, report.Doubled, report.OutOfOrder));
        Assert.Equal(FaultKind.Doubled, Assert.Single(report.Faults).Kind);
    }

    [Fact]
    public void A_record_read_after_a_later_one_of_its_key_is_out_of_order()
    {
        foreach (var n in new[] { 0, 2, 1, 3 })
        {
            Acknowledge(n);
            Read(n);
        }

        var report = ledger.Report("s", 0);
        Assert.Equal((0, 0, 2), (report.Lost, report.Doubled, report.OutOfOrder)); // Once for each reader.
        Assert.All(report.Faults, fault => Assert.Equal(1, fault.Number));
    }

    [Fact]
    public void A_sequence_number_that_does_not_rise_in_its_shard_is_out_of_order()
    {
        Take(0, new VerifyRecord(0, 1, 0), Shard, "20");
        Take(0, new VerifyRecord(0, 2, 0), Shard, "9");
        Assert.Equal(1, ledger.Report("s", 0).OutOfOrder);
    }

    [Fact]
    public void A_record_read_elsewhere_than_acknowledged_is_misplaced_whichever_came_first()
    {
        Acknowledge(0);
        Take(0, Record(0), Shard, Place(0));
        Take(1, Record(0), Shard, Next());
        Take(0, Record(1), "shardId-000000000001", Place(1));
        Take(1, Record(1), Shard, Place(1));
        Acknowledge(1);
        var report = ledger.Report("s", 0);
        Assert.False(report.IsClean);
        Assert.Equal((0, 0, 0, 2), (report.Lost, report.Doubled, report.OutOfOrder, report.Misplaced));
        Assert.Equal(["push", "poll"], report.Faults.Select(fault => fault.Reader));
        Assert.Equal("lost 0, doubled 0, out of order 0, misplaced 2, longest stall 0 ms", report.Verdict);
    }

    [Fact]
    public void Keys_have_each_their_own_order()
    {
        Take(0, new VerifyRecord(0, 1, 5), Shard, Next());
        Take(0, new VerifyRecord(0, 2, 0), Shard, Next());
        Take(0, new VerifyRecord(1, 1, 0), Shard, Next());
        Assert.True(ledger.Report("s", 0).IsClean);
    }

    [Fact]
    public void What_was_overtaken_while_the_broker_refused_it_is_told_and_no_fault()
    {
        Read(1);
        Read(0);
        ledger.Acknowledge([(Record(0), Shard, Place(0))], TimeSpan.Zero, wasRefused: true);
        ledger.Acknowledge([(Record(1), Shard, Place(1))], TimeSpan.Zero, wasRefused: false);
        var report = ledger.Report("s", 0);
        Assert.True(report.IsClean);
        Assert.Equal(2, report.Overtaken);
    }

    [Fact]
    public void A_record_without_acknowledgement_may_be_there_once_or_not_at_all()
    {
        Read(0);
        Assert.True(ledger.Report("s", 0).IsClean);
        Read(0);
        Assert.Equal(2, ledger.Report("s", 0).Doubled);
    }

    [Fact]
    public void A_record_that_its_writer_gave_up_may_land_late_and_no_other()
    {
        Read(1);
        Read(0);
        Assert.Equal(2, ledger.Report("s", 0).OutOfOrder);
        ledger.Abandon(Record(0));
        var report = ledger.Report("s", 0);
        Assert.True(report.IsClean);
        Assert.Equal(2, report.Overtaken);
    }

    [Fact]
    public void A_sequence_number_that_falls_is_a_fault_whoever_was_refused()
    {
        ledger.Abandon(new VerifyRecord(0, 2, 0));
        Take(0, new VerifyRecord(0, 1, 0), Shard, "20");
        Take(0, new VerifyRecord(0, 2, 0), Shard, "20");
        Assert.Equal(1, ledger.Report("s", 0).OutOfOrder);
    }

    [Fact]
    public void A_record_that_was_never_sent_is_invented()
    {
        Acknowledge(0);
        Read(0);
        ledger.Take(1, Record(1), Shard, Next());
        var report = ledger.Report("s", 0);
        Assert.Equal((1, false), (report.Invented, report.IsClean));
        Assert.Equal((FaultKind.Invented, "push", 1L), (report.Faults[0].Kind, report.Faults[0].Reader, report.Faults[0].Number));
        Assert.Contains("invented 1", report.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Readers_that_find_a_record_without_acknowledgement_at_two_places_are_told_apart()
    {
        Take(0, Record(0), Shard, "5");
        Take(1, Record(0), Shard, "6");
        Assert.Equal(1, ledger.Report("s", 0).Misplaced);
    }

    [Theory]
    [InlineData(true, true, 0)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 1)]
    public void A_child_is_read_after_the_ends_of_both_its_parents(bool firstEnds, bool secondEnds, int faults)
    {
        (string, IReadOnlyList<string>)[] children = [("c", ["a", "b"])];
        Take(0, new VerifyRecord(0, 1, 0), "a", "1");
        if (firstEnds)
        {
            ledger.Finish(0, "a", children);
        }

        if (secondEnds)
        {
            ledger.Finish(0, "b", children);
        }

        Take(0, new VerifyRecord(0, 1, 1), "c", "2");
        ledger.Finish(0, "a", children);
        ledger.Finish(0, "b", children);
        Assert.Equal(faults, ledger.Report("s", 0).ChildFirst);
    }

    [Fact]
    public void A_childs_numbers_are_above_its_parents()
    {
        Take(0, new VerifyRecord(0, 1, 0), "a", "10");
        ledger.Finish(0, "a", [("c", ["a"])]);
        Take(0, new VerifyRecord(0, 1, 1), "c", "10");
        var report = ledger.Report("s", 0);
        Assert.Equal((0, 1), (report.ChildFirst, report.OutOfOrder));
    }

    [Fact]
    public void What_is_read_again_is_what_was_acknowledged_and_read()
    {
        for (var n = 0; n < 1_000; n++)
        {
            Acknowledge(n);
            Read(n);
        }

        Read(1_000); // Without acknowledgement, and there.
        ledger.ReadAgain();
        for (var n = 0; n <= 1_000; n++)
        {
            Take(VerifyLedger.Again, Record(n), Shard, Place(n));
        }

        var report = ledger.Report("s", 0);
        Assert.True(report.IsClean, string.Join('\n', report.Faults));
        Assert.Equal((1_001, 0), (report.Read["again"], ledger.Outstanding));
    }

    [Fact]
    public void What_readers_read_and_the_log_no_longer_has_is_lost_or_vanished()
    {
        for (var n = 0; n < 4; n++)
        {
            Acknowledge(n);
            Read(n);
        }

        Read(4);
        ledger.ReadAgain();
        foreach (var n in new[] { 0, 1, 3 })
        {
            Take(VerifyLedger.Again, Record(n), Shard, Place(n));
        }

        var report = ledger.Report("s", 0);
        Assert.Equal((1, 4, 0), (report.Lost, report.Vanished, report.Misplaced)); // 2 is lost, 2 and 4 vanish from two readers.
        Assert.Equal([2L, 2L, 4L, 2L, 4L], report.Faults.Select(fault => fault.Number));
    }

    [Fact]
    public void What_is_in_the_log_and_was_never_acknowledged_is_owed_by_readers_too()
    {
        Take(0, Record(0), Shard, Place(0));
        ledger.ReadAgain();
        Take(VerifyLedger.Again, Record(0), Shard, Place(0));
        Assert.Equal(1, ledger.Outstanding);
        var report = ledger.Report("s", 0);
        Assert.Equal(1, report.Lost);
        Assert.Equal("push", Assert.Single(report.Faults).Reader);
    }

    [Fact]
    public void Places_that_the_log_has_otherwise_than_acknowledged_are_misplaced()
    {
        for (var n = 0; n < 100; n++)
        {
            Acknowledge(n);
            Read(n);
        }

        ledger.ReadAgain();
        for (var n = 0; n < 100; n++)
        {
            Take(VerifyLedger.Again, Record(n), Shard, n == 99 ? "1000" : Place(n));
        }

        var report = ledger.Report("s", 0);
        Assert.Equal((0, 0, 1), (report.Lost, report.Vanished, report.Misplaced));
        Assert.Equal((Shard, "again"), (report.Faults[0].ShardId, report.Faults[0].Reader));
    }

    [Fact]
    public void The_longest_stall_is_that_of_writers_and_readers()
    {
        ledger.Acknowledge([(Record(0), Shard, Place(0))], TimeSpan.FromMilliseconds(300), wasRefused: false);
        time.Advance(TimeSpan.FromMilliseconds(100));
        Read(0);
        Assert.Equal(300, ledger.Report("s", 0).LongestStallMillis);
        Acknowledge(1);
        time.Advance(TimeSpan.FromMilliseconds(700));
        Read(1);
        Assert.Equal(700, ledger.Report("s", 0).LongestStallMillis);
    }

    [Fact]
    public void Records_say_who_they_are_and_others_are_left_alone()
    {
        var record = new VerifyRecord(3, 17, 123456789);
        var data = new byte[200];
        record.Write(data, "run");
        Assert.True(VerifyRecord.TryRead(data, "run", out var read));
        Assert.Equal(record, read);
        Assert.False(VerifyRecord.TryRead(data, "other", out _));
        Assert.False(VerifyRecord.TryRead("verify run x"u8, "run", out _));
        Assert.False(VerifyRecord.TryRead(default, "run", out _));
    }

    private static VerifyRecord Record(long number) => new(0, 0, number);

    private void Take(int reader, VerifyRecord record, string shardId, string sequenceNumber)
    {
        ledger.Attempt(record);
        ledger.Take(reader, record, shardId, sequenceNumber);
    }

    private void Acknowledge(long number) => ledger.Acknowledge([(Record(number), Shard, Place(number))], TimeSpan.Zero, wasRefused: false);

    private void Read(long number)
    {
        var next = Place(number);
        Take(0, Record(number), Shard, next);
        Take(1, Record(number), Shard, next);
    }

    private string Next() => $"{++sequence}";

    /// <summary>Where a record is: given out when it is first spoken of.</summary>
    private string Place(long number) => places.TryGetValue(number, out var place) ? place : places[number] = Next();
}
