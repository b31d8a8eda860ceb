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
            ledger.Take(0, Record(n), Shard, Place(n));
            if (n != 7)
            {
                ledger.Take(1, Record(n), Shard, Place(n));
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

        ledger.Take(1, Record(3), Shard, Next());
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
        ledger.Take(0, new VerifyRecord(0, 1, 0), Shard, "20");
        ledger.Take(0, new VerifyRecord(0, 2, 0), Shard, "9");
        Assert.Equal(1, ledger.Report("s", 0).OutOfOrder);
    }

    [Fact]
    public void A_record_read_elsewhere_than_acknowledged_is_misplaced_whichever_came_first()
    {
        Acknowledge(0);
        ledger.Take(0, Record(0), Shard, Place(0));
        ledger.Take(1, Record(0), Shard, Next());
        ledger.Take(0, Record(1), "shardId-000000000001", Place(1));
        ledger.Take(1, Record(1), Shard, Place(1));
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
        ledger.Take(0, new VerifyRecord(0, 1, 5), Shard, Next());
        ledger.Take(0, new VerifyRecord(0, 2, 0), Shard, Next());
        ledger.Take(0, new VerifyRecord(1, 1, 0), Shard, Next());
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

    private void Acknowledge(long number) => ledger.Acknowledge([(Record(number), Shard, Place(number))], TimeSpan.Zero, wasRefused: false);

    private void Read(long number)
    {
        var next = Place(number);
        ledger.Take(0, Record(number), Shard, next);
        ledger.Take(1, Record(number), Shard, next);
    }

    private string Next() => $"{++sequence}";

    /// <summary>Where a record is: given out when it is first spoken of.</summary>
    private string Place(long number) => places.TryGetValue(number, out var place) ? place : places[number] = Next();
}
