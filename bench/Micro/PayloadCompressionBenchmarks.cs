using System.Buffers;
using BenchmarkDotNet.Attributes;
using Broker.Cli.Bench;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Compression;

namespace Broker.Micro;

/// <summary>A block of 64 KiB of 1 KiB records on its way to a shard and back; columns tell MB/s of plain bytes, and how many times smaller it gets.</summary>
[Config(typeof(PayloadConfig))]
public class PayloadCompressionBenchmarks
{
    private static readonly ShardKey Shard = new(new StreamGeneration(1), new ShardId(0));

    private readonly PayloadCompressor compressor = new();
    private byte[] payload = [];
    private RecordBlock sealedBlock = null!;

    /// <summary>What the records consist of: a <c>PayloadKind</c>.</summary>
    [Params("Events", "Random")]
    public string Kind { get; set; } = "";

    /// <summary>How many times smaller such a block gets.</summary>
    internal static double RatioOf(string kind)
    {
        var plain = MakePayload(kind);
        return (double)plain.Length / Seal(plain).Payload.Length;
    }

    [GlobalSetup]
    public void Setup()
    {
        payload = MakePayload(Kind);
        sealedBlock = Seal(payload);
    }

    /// <summary>A first attempt, whatever comes of it.</summary>
    [Benchmark]
    public int Attempt() => Give(new PayloadCompressor().TryCompress(payload, out var compressed), compressed);

    /// <summary>As the blocks of one shard go: after a while, what does not shrink is hardly tried.</summary>
    [Benchmark]
    public int InARow() => Give(compressor.TryCompress(payload, out var compressed), compressed);

    /// <summary>What a reader's gateway does.</summary>
    [Benchmark]
    public RecordBlock Open() => sealedBlock.Head.IsPlain ? sealedBlock : PayloadDecompressor.Open(sealedBlock, sealedBlock.Payload.Span);

    private static byte[] MakePayload(string kind)
    {
        using var builder = new PayloadBuilder();
        var random = new Random(1);
        var noise = new byte[1024];
        for (var i = 0; i < 62; i++)
        {
            random.NextBytes(noise);
            builder.Add("key-1"u8, kind == nameof(PayloadKind.Events) ? FlightEvents.Record(1024, random) : noise, null);
        }

        return builder.TakePayload();
    }

    private static RecordBlock Seal(byte[] plain) => new BlockSealer(Shard, new PayloadCompressor(), cipher: null).Seal(plain, 62, []);

    private static int Give(int length, byte[] compressed)
    {
        if (length > 0)
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }

        return length;
    }
}
