using System.Buffers;
using Broker.Cli.Bench;
using Broker.Gateway.Compression;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Compression;

public sealed class PayloadCompressorTests
{
    private readonly PayloadCompressor compressor = new();
    private readonly Random random = new(1);

    [Fact]
    public void Events_become_much_smaller()
    {
        var events = new List<byte>();
        while (events.Count < 64_000)
        {
            events.AddRange(FlightEvents.Record(1024, random));
        }

        Assert.InRange(Compress([.. events]), 1, events.Count / 2);
    }

    [Fact]
    public void A_payload_is_kept_as_it_is_unless_an_eighth_is_saved()
    {
        // Random bytes cannot shrink, and so many equal ones at their end shrink to nearly nothing: what is saved is their share.
        Assert.Equal(0, Compress(RandomBytes(64 * 1024, equal: (64 * 1024 / 8) - 700)));
        Assert.InRange(new PayloadCompressor().TryCompress(RandomBytes(64 * 1024, equal: (64 * 1024 / 8) + 700), out var compressed), 1, 64 * 1024 * 7 / 8);
        ArrayPool<byte>.Shared.Return(compressed);
    }

    [Fact]
    public void Short_payloads_are_left_alone_and_count_for_nothing()
    {
        Assert.Equal(0, Compress(new byte[PayloadCompressor.LeastBytes - 1]));
        Assert.InRange(Compress(new byte[PayloadCompressor.LeastBytes]), 1, 100);
    }

    [Fact]
    public void What_does_not_shrink_is_tried_ever_more_rarely_and_at_once_again_when_it_does()
    {
        var backOff = new CompressionBackOff();
        List<int> skipped = [];
        for (var attempt = 0; attempt < 8; attempt++)
        {
            backOff.Tried(didShrink: false);
            skipped.Add(Skipped(backOff));
        }

        Assert.Equal([1, 3, 7, 15, 31, 31, 31, 31], skipped);
        backOff.Tried(didShrink: true);
        Assert.True(backOff.IsDue());
        Assert.True(backOff.IsDue());
        backOff.Tried(didShrink: false);
        Assert.Equal(1, Skipped(backOff));
    }

    [Fact]
    public void A_shard_that_takes_what_does_not_shrink_compresses_again_soon_after_that_has_ended()
    {
        var noise = RandomBytes(4_096, equal: 0);
        for (var i = 0; i < 1_000; i++)
        {
            Assert.Equal(0, Compress(noise));
        }

        var zeros = new byte[4_096];
        var blocks = 1;
        while (Compress(zeros) == 0)
        {
            blocks++;
        }

        // The first blocks would shrink and are not tried: that they are not is what the back-off saves.
        Assert.InRange(blocks, 2, 32);
        Assert.InRange(Compress(zeros), 1, 100);
    }

    [Fact]
    public void Nothing_is_allocated_for_a_block()
    {
        var payload = new byte[60_000];
        Compress(payload);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Compress(payload);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256);
    }

    private static int Skipped(CompressionBackOff backOff)
    {
        var count = 0;
        while (!backOff.IsDue())
        {
            count++;
        }

        return count;
    }

    private int Compress(byte[] payload)
    {
        var length = compressor.TryCompress(payload, out var compressed);
        if (length > 0)
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }

        return length;
    }

    private byte[] RandomBytes(int length, int equal)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes.AsSpan(0, length - equal));
        return bytes;
    }
}
