using System.Text.RegularExpressions;
using Broker.Agent.Records;
using Broker.Agent.Tailing;
using Xunit;

namespace Broker.Tests.Unit.Agent;

/// <summary>Files that are followed through all that rotation does to them, on a real file system.</summary>
public sealed class FlowTailerTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false, "3\n")]
    [InlineData(true, "1\n2\n3\n")]
    public void A_flow_begins_where_it_is_told_to_and_later_files_at_their_start(bool atStart, string expected)
    {
        using var logs = new LogDirectory("*.log", new TailOptions { InitialPosition = atStart ? InitialPosition.StartOfFile : InitialPosition.EndOfFile });
        logs.Append("app.log", "1\n2\n");
        logs.Begin();
        logs.Append("app.log", "3\n");
        logs.Append("new.log", "4\n");
        logs.ReadFor(Long);
        Assert.Equal(expected + "4\n", logs.Text);
    }

    [Fact]
    public void The_end_of_a_file_is_the_end_of_its_last_whole_line()
    {
        using var logs = new LogDirectory(options: new TailOptions { InitialPosition = InitialPosition.EndOfFile });
        logs.Append("app.log", "1\nhal");
        logs.Begin();
        logs.Append("app.log", "f\n");
        logs.Read();
        Assert.Equal(["half\n"], logs.Sink.Records);
    }

    [Fact]
    public void A_line_waits_until_it_is_whole()
    {
        using var logs = new LogDirectory();
        logs.Begin();
        logs.Append("app.log", "one\ntw");
        logs.ReadFor(Long);
        Assert.Equal(["one\n"], logs.Sink.Records);
        logs.Append("app.log", "o\n\n");
        logs.Read();
        Assert.Equal(["one\n", "two\n", "\n"], logs.Sink.Records);
    }

    [Theory]
    [InlineData("app.log")]
    [InlineData("app.log*")]
    public void A_renamed_file_is_read_to_its_end_before_its_successor_and_after(string pattern)
    {
        using var logs = new LogDirectory(pattern);
        logs.Append("app.log", "1\n");
        logs.Begin();
        logs.Read();
        logs.Append("app.log", "2\n");
        logs.Move("app.log", "app.log.1");
        logs.Append("app.log", "4\n");
        logs.Append("app.log.1", "3\n");
        logs.Read();
        Assert.Equal("1\n2\n3\n4\n", logs.Text);

        // Its writer has not heard of it yet.
        logs.Append("app.log.1", "5\n");
        logs.Append("app.log", "6\n");
        logs.ReadFor(Long);
        Assert.Equal("1\n2\n3\n4\n5\n6\n", logs.Text);
    }

    [Fact]
    public void A_rotated_files_last_line_is_taken_when_it_stays_without_an_end()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "1\nlast");
        logs.Begin();
        logs.Read();
        logs.Move("app.log", "app.log.1");
        logs.Append("app.log", "2\n");
        logs.Read();
        Assert.Equal("1\n", logs.Text);
        logs.ReadFor(Long);
        Assert.Equal(["1\n", "last", "2\n"], logs.Sink.Records);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Copied_and_truncated_files_go_on_in_the_copy(bool growsPastTheOldPlace, bool isCompressed)
    {
        using var logs = new LogDirectory("app.log*");
        logs.Append("app.log", "first\nsecond\n");
        logs.Begin();
        logs.Read();
        logs.Append("app.log", "third\n");
        File.Copy(logs["app.log"], logs["app.log.1"]);
        logs.Truncate("app.log");
        logs.Append("app.log", growsPastTheOldPlace ? string.Concat(Enumerable.Range(0, 20).Select(i => $"{i} after it\n")) : "0 after it\n");
        if (isCompressed)
        {
            logs.Compress("app.log.1");
        }

        logs.ReadFor(Long);
        Assert.StartsWith("first\nsecond\nthird\n0 after it\n", logs.Text, StringComparison.Ordinal);
        Assert.Equal(growsPastTheOldPlace ? 23 : 4, logs.Sink.Records.Count);
    }

    [Fact]
    public void A_copy_in_the_making_is_not_read()
    {
        using var logs = new LogDirectory("app.log*");
        logs.Append("app.log", "1\n2\n3\n");
        logs.Begin();
        logs.Read();
        logs.Append("app.log.1", "1\n2");
        logs.ReadFor(Long);
        logs.Append("app.log.1", "\n3\n");
        logs.ReadFor(Long);
        Assert.Equal("1\n2\n3\n", logs.Text);
    }

    [Fact]
    public void A_truncated_file_without_a_copy_is_read_from_its_start_after_a_while()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "1\n2\n");
        logs.Begin();
        logs.Read();
        logs.Sink.Acknowledge();
        logs.Truncate("app.log");
        logs.Append("app.log", "3\n");
        logs.Read();
        Assert.Equal("1\n2\n", logs.Text);
        logs.ReadFor(Long);
        Assert.Equal("1\n2\n3\n", logs.Text);
    }

    [Fact]
    public void A_deleted_file_is_read_to_its_end()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "1\n");
        logs.Begin();
        logs.Read();
        logs.Append("app.log", "2\n");
        File.Delete(logs["app.log"]);
        logs.Append("app.log", "3\n");
        logs.ReadFor(Long);
        Assert.Equal("1\n2\n3\n", logs.Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rotations_while_nobody_looked_are_all_read_in_their_order(bool isCompressed)
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "1\n2\n");
        logs.Begin();
        logs.Read();
        logs.Sink.Acknowledge(1);
        logs.Restart();
        logs.Move("app.log", "app.log.3");
        Thread.Sleep(20); // The file system tells times apart by its own tick.
        logs.Append("app.log.2", "3\n");
        Thread.Sleep(20);
        logs.Append("app.log.1", "4\n");
        Thread.Sleep(20);
        logs.Append("app.log", "5\n");
        if (isCompressed)
        {
            logs.Compress("app.log.3");
            logs.Compress("app.log.2");
        }

        logs.ReadFor(Long);
        Assert.Equal("2\n3\n4\n5\n", logs.Text);
        logs.Sink.Acknowledge();
        logs.Restart();
        logs.Append("app.log", "6\n");
        logs.ReadFor(Long);
        Assert.Equal("6\n", logs.Text);
    }

    [Fact]
    public void A_rotation_that_was_missed_comes_before_one_that_was_seen_meanwhile()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "1\n");
        logs.Begin();
        logs.Read();
        logs.Sink.Acknowledge();
        logs.Restart();
        logs.Move("app.log", "app.log.2");
        logs.Append("app.log.1", "2\n");
        Thread.Sleep(20);
        logs.Append("app.log", "3\n");
        logs.Read(); // The file that was missed is too young to be decided upon.
        logs.Move("app.log.2", "app.log.3");
        logs.Move("app.log.1", "app.log.2");
        logs.Move("app.log", "app.log.1");
        Thread.Sleep(20);
        logs.Append("app.log", "4\n");
        logs.ReadFor(Long);
        Assert.Equal("2\n3\n4\n", logs.Text);
    }

    [Fact]
    public void What_rotation_does_to_files_that_are_read_gives_nothing_anew()
    {
        using var logs = new LogDirectory("app.log*");
        logs.Append("app.log", "1\n");
        logs.Begin();
        for (var i = 2; i < 8; i++)
        {
            logs.Read();
            logs.Sink.Acknowledge();
            for (var j = 5; j > 0; j--)
            {
                if (File.Exists(logs[$"app.log.{j}.gz"]))
                {
                    logs.Move($"app.log.{j}.gz", $"app.log.{j + 1}.gz");
                }
            }

            logs.Move("app.log", "app.log.1");
            logs.Append("app.log", $"{i}\n");
            logs.Read();
            logs.Compress("app.log.1");
            logs.ReadFor(Long);
        }

        Assert.Equal("1\n2\n3\n4\n5\n6\n7\n", logs.Text);
        logs.Sink.Acknowledge();
        logs.Restart();
        logs.ReadFor(Long);
        Assert.Equal("", logs.Text);
    }

    [Fact]
    public void A_restart_goes_on_at_the_first_record_that_was_not_acknowledged()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "1\n2\n3\n4\n");
        logs.Begin();
        logs.Read();
        logs.Sink.Acknowledge(2);
        logs.Restart();
        logs.Append("app.log", "5\n");
        logs.Read();
        Assert.Equal("3\n4\n5\n", logs.Text);
    }

    [Fact]
    public void Going_back_goes_over_rotated_files_too()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "1\n2\n");
        logs.Begin();
        logs.Read();
        logs.Sink.Acknowledge(1);
        logs.Move("app.log", "app.log.1");
        logs.Append("app.log", "3\n");
        logs.ReadFor(Long);
        Assert.Equal("1\n2\n3\n", logs.Text);
        logs.Sink.Drop();
        logs.Tailer.Rewind();
        logs.ReadFor(Long);
        Assert.Equal("1\n2\n3\n2\n3\n", logs.Text);
    }

    [Fact]
    public void Header_lines_are_left_out_of_each_file_also_when_they_come_in_pieces()
    {
        using var logs = new LogDirectory(options: new TailOptions { InitialPosition = InitialPosition.EndOfFile, SkipHeaderLines = 2 });
        logs.Append("app.log", "head 1\n");
        logs.Begin();
        logs.Read();
        logs.Restart();
        logs.Append("app.log", "head 2\nline 1\n");
        logs.Read();
        logs.Move("app.log", "app.log.1");
        logs.Append("app.log", "head 1\nhead 2\nline 2\n");
        logs.Read();
        Assert.Equal("line 1\nline 2\n", logs.Text);
    }

    [Fact]
    public void Records_of_several_lines_end_where_the_next_begins_or_nothing_comes()
    {
        using var logs = new LogDirectory(options: new TailOptions
        {
            InitialPosition = InitialPosition.StartOfFile,
            Splitter = new PatternSplitter(new Regex(@"\A(?:\d)")),
        });
        logs.Append("app.log", "stray\n1 a\n  b\n2 c\n");
        logs.Begin();
        logs.Read();
        Assert.Equal(["stray\n", "1 a\n  b\n"], logs.Sink.Records);
        logs.Append("app.log", "  d\n");
        logs.Read();
        Assert.Equal(2, logs.Sink.Records.Count);
        logs.ReadFor(TimeSpan.FromSeconds(2));
        Assert.Equal("2 c\n  d\n", logs.Sink.Records[2]);
    }

    [Fact]
    public void A_record_without_an_end_takes_no_more_memory_than_it_may()
    {
        using var logs = new LogDirectory(options: new TailOptions { InitialPosition = InitialPosition.StartOfFile, MaxRecordBytes = 100_000 });
        logs.Begin();
        logs.Append("app.log", $"one\n{new string('x', 2_000_000)}");
        logs.Read();
        logs.Append("app.log", "rest of it\ntwo\n");
        logs.Read();
        Assert.Equal(3, logs.Sink.Records.Count);
        Assert.Equal("one\n", logs.Sink.Records[0]);
        Assert.InRange(logs.Sink.Records[1].Length, 100_000, 1_000_000);
        Assert.Equal("two\n", logs.Sink.Records[2]);
        logs.Sink.Acknowledge();
        logs.Restart();
        logs.Append("app.log", "three\n");
        logs.Read();
        Assert.Equal("three\n", logs.Text);
    }

    [Fact]
    public void A_sink_that_is_full_is_given_nothing_more()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", string.Concat(Enumerable.Range(0, 100).Select(i => $"{i}\n")));
        logs.Begin();
        logs.Sink.Capacity = 10;
        logs.Tailer.Read(logs.Sink);
        logs.Tailer.Read(logs.Sink);
        Assert.Equal(10, logs.Sink.Records.Count);
        logs.Sink.Acknowledge();
        logs.Tailer.Read(logs.Sink);
        Assert.Equal(20, logs.Sink.Records.Count);
    }

    [Fact]
    public void A_file_that_has_another_ones_inode_is_read_from_its_start()
    {
        using var logs = new LogDirectory();
        logs.Append("app.log", "old line\n");
        logs.Begin();
        logs.Read();
        logs.Sink.Acknowledge();
        logs.Restart();

        // The checkpoints know the inode, and what was in it.
        logs.Truncate("app.log");
        logs.Append("app.log", "a new line, longer than the old one\n");
        logs.ReadFor(Long);
        Assert.Equal("a new line, longer than the old one\n", logs.Text);
    }
}
