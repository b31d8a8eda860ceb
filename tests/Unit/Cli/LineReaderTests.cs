using System.IO.Pipelines;
using System.Text;
using Broker.Cli.Records;
using Xunit;

namespace Broker.Tests.Unit.Cli;

public sealed class LineReaderTests
{
    [Fact]
    public async Task Lines_end_by_LF_or_CRLF_and_the_last_by_the_end()
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes("a\r\n\nbc\nlast"));
        var reader = new LineReader(input);
        Assert.Equal(["a", "", "bc", "last"], await ReadAllAsync(reader));
        Assert.Equal(input.Length, reader.BytesRead);
    }

    [Fact]
    public async Task Lines_longer_than_a_buffer_come_whole()
    {
        var line = new string('x', 3_000_000);
        using var input = new MemoryStream(Encoding.UTF8.GetBytes($"{line}\n{line}"));
        Assert.Equal([line, line], await ReadAllAsync(new LineReader(input)));
    }

    [Fact]
    public async Task A_line_longer_than_any_record_is_refused()
    {
        using var input = new MemoryStream(new byte[LineReader.MaxLineBytes + 100]);
        await Assert.ThrowsAsync<FormatException>(() => ReadAllAsync(new LineReader(input)));
    }

    [Fact]
    public async Task Input_that_pauses_is_told_and_goes_on_where_it_was()
    {
        var pipe = new Pipe();
        var reader = new LineReader(pipe.Reader.AsStream());
        await pipe.Writer.WriteAsync("one\ntw"u8.ToArray());
        Assert.True(await reader.ReadMoreAsync(Timeout.InfiniteTimeSpan, CancellationToken.None));
        Assert.True(reader.TryTake(out var line));
        Assert.Equal("one", Encoding.UTF8.GetString(line));
        Assert.False(reader.TryTake(out _));
        Assert.Null(await reader.ReadMoreAsync(TimeSpan.FromMilliseconds(1), CancellationToken.None));
        Assert.False(reader.TryTake(out _));
        await pipe.Writer.WriteAsync("o\n"u8.ToArray());
        await pipe.Writer.CompleteAsync();
        Assert.Equal(["two"], await ReadAllAsync(reader));
    }

    private static async Task<List<string>> ReadAllAsync(LineReader reader)
    {
        var lines = new List<string>();
        do
        {
            while (reader.TryTake(out var line))
            {
                lines.Add(Encoding.UTF8.GetString(line));
            }
        }
        while (await reader.ReadMoreAsync(Timeout.InfiniteTimeSpan, CancellationToken.None) is not false);
        return lines;
    }
}
