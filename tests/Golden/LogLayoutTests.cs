using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Embedded.Devices;
using Broker.Silo.Storage.Embedded.Shards;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Tests.Golden;

/// <summary>The log's bytes on disk, version 1: written as ever, and read as ever. BROKER_GOLDEN_WRITE=1 writes the files anew, for a new version only.</summary>
public sealed class LogLayoutTests : IDisposable
{
    private const string Prefix = "log-v1-";
    private static readonly ShardKey[] Shards = [new(new StreamGeneration(3), new ShardId(0)), new(new StreamGeneration(3), new ShardId(1))];
    private readonly string directory = Path.Combine(Path.GetTempPath(), $"broker-golden-{Guid.NewGuid():N}");

    public LogLayoutTests() => Directory.CreateDirectory(directory);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_block_is_written_and_read_as_version_1()
    {
        var block = MakeBlock(Shards[1], epoch: 77, ordinal: 5, position: 9, BlockFlags.None);
        Compare("block-v1.bin", block.Encode());
        Assert.Equal(BlockFault.None, RecordBlock.TryDecode(File.ReadAllBytes(Golden("block-v1.bin")), out var read));
        Assert.Equal(block.Head, read!.Head);
        Assert.Equal(block.Identities.AsEnumerable(), read.Identities);
        Assert.Equal(block.Payload.ToArray(), read.Payload.ToArray());
    }

    [Fact]
    public void The_heads_are_written_and_read_as_version_1()
    {
        List<(ShardKey, ShardEnd, long)> rows = [(Shards[0], new ShardEnd(7, 70, 1_700_000_000_000, 6, false), 5), (Shards[1], new ShardEnd(8, 80, 1_700_000_000_001, -1, true), 8)];
        Compare("heads-v1.bin", HeadsFile.Encode(rows));
        var bytes = File.ReadAllBytes(Golden("heads-v1.bin"));
        Assert.Equal(rows, HeadsFile.Decode(bytes));
        bytes[4] = 2;
        Assert.Equal(StorageFault.NewerVersion, Assert.Throws<StorageException>(() => HeadsFile.Decode(bytes)).Fault);
    }

    [Fact]
    public async Task A_log_is_written_as_version_1()
    {
        await WriteAsync();
        foreach (var file in Directory.EnumerateFiles(directory).Where(file => Path.GetFileName(file) != "lock"))
        {
            Compare(Prefix + Path.GetFileName(file) + ".gz", await File.ReadAllBytesAsync(file));
        }
    }

    [Fact]
    public async Task A_log_of_version_1_is_read()
    {
        Unpack();
        await using var log = await OpenAsync();
        foreach (var shard in Shards)
        {
            var blocks = await log.ReadBlocksAsync(shard, 0, int.MaxValue, default);
            Assert.Equal([0, 1, 2, 3, 4, 5], blocks.Select(block => block.Head.Ordinal));
            Assert.Equal(shard.Shard.Index == 1, (await log.OpenAsync(shard, default)).IsSealed);
        }

        Assert.Equal(0, log.DamagedBlocks);
    }

    [Theory]
    [InlineData(".journal")]
    [InlineData(".index")]
    public async Task A_newer_version_is_refused(string suffix)
    {
        Unpack();
        var path = Directory.EnumerateFiles(directory, "*" + suffix).Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[4] = 2;
        var checksumAt = suffix == ".journal" ? 4092 : 60;
        BitConverter.TryWriteBytes(bytes.AsSpan(checksumAt), Crc32C.Compute(bytes.AsSpan(0, checksumAt)));
        await File.WriteAllBytesAsync(path, bytes);
        var exception = await Assert.ThrowsAsync<StorageException>(async () => await OpenAsync());
        Assert.Equal(StorageFault.NewerVersion, exception.Fault);
        Assert.Contains("version 2", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_meta_is_refused()
    {
        Unpack();
        var path = Path.Combine(directory, "meta");
        var bytes = await File.ReadAllBytesAsync(path);
        for (var slot = 0; slot < bytes.Length; slot += bytes.Length / 2)
        {
            bytes[slot + 4] = 2;
            var streams = BitConverter.ToInt32(bytes, slot + 20) * sizeof(long);
            byte[] summed = [.. bytes.AsSpan(slot, 28), .. bytes.AsSpan(slot + 32, streams)];
            BitConverter.TryWriteBytes(bytes.AsSpan(slot + 28), Crc32C.Compute(summed));
        }

        await File.WriteAllBytesAsync(path, bytes);
        var exception = await Assert.ThrowsAsync<StorageException>(async () => await OpenAsync());
        Assert.Equal(StorageFault.NewerVersion, exception.Fault);
        Assert.Contains("version 2", exception.Message, StringComparison.Ordinal);
    }

    private static RecordBlock MakeBlock(ShardKey shard, long epoch, long ordinal, long position, BlockFlags flags)
    {
        if (flags != BlockFlags.None)
        {
            return PayloadBuilder.MakeBlock(shard, Encoding.UTF8.GetBytes("state"), 0, [], flags).Stamp(epoch, ordinal, position, 1_700_000_000_000 + ordinal);
        }

        using var builder = new PayloadBuilder();
        builder.Add("a key"u8, "some data"u8, null);
        builder.Add(""u8, new byte[9_000], new HashKey(12345));
        var identity = new BatchIdentity(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 4, 1_000 + (ulong)ordinal);
        return builder.Build(shard, [new BlockIdentity(identity, 0, 2)]).Stamp(epoch, ordinal, position, 1_700_000_000_000 + ordinal);
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "files", name);

    private static void Compare(string name, byte[] bytes)
    {
        if (Environment.GetEnvironmentVariable("BROKER_GOLDEN_WRITE") == "1")
        {
            var path = Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "files", name);
            File.WriteAllBytes(path, name.EndsWith(".gz", StringComparison.Ordinal) ? Pack(bytes) : bytes);
            return;
        }

        var golden = name.EndsWith(".gz", StringComparison.Ordinal) ? Unpack(File.ReadAllBytes(Golden(name))) : File.ReadAllBytes(Golden(name));
        Assert.True(golden.AsSpan().SequenceEqual(bytes), $"{name} differs from byte {golden.AsSpan().CommonPrefixLength(bytes)} on: a layout that changes needs a new version.");
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    private void Unpack()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "files"), Prefix + "*"))
        {
            File.WriteAllBytes(Path.Combine(directory, Path.GetFileNameWithoutExtension(file)[Prefix.Length..]), Unpack(File.ReadAllBytes(file)));
        }
    }

    private ValueTask<EmbeddedLog> OpenAsync() => EmbeddedLog.OpenAsync(
        new GoldenDevice(new FileDevice(directory, JournalIoMode.Buffered)),
        new EmbeddedLogOptions { DataDirectory = directory, FileBytes = 128 * 1024, MaxFrameBytes = 65_536, MarkDelay = TimeSpan.FromMinutes(10) },
        TimeProvider.System,
        NullLogger.Instance,
        default);

    /// <summary>Two files, the first sealed; two shards, the second sealed.</summary>
    private async Task WriteAsync()
    {
        await using var log = await OpenAsync();
        var doomed = new ShardKey(new StreamGeneration(1), new ShardId(0));
        await AppendAsync(log, doomed, 0, 0, BlockFlags.None, await log.OpenAsync(doomed, default));
        await log.DeleteStreamAsync(doomed.Stream, default);
        long position = 0;
        var heads = new[] { await log.OpenAsync(Shards[0], default), await log.OpenAsync(Shards[1], default) };
        for (var ordinal = 0; ordinal < 6; ordinal++)
        {
            for (var shard = 0; shard < 2; shard++)
            {
                var flags = ordinal < 5 ? BlockFlags.None : shard == 0 ? BlockFlags.ProducerSnapshot : BlockFlags.Seal;
                await AppendAsync(log, Shards[shard], ordinal, position, flags, heads[shard]);
            }

            position += 2;
        }
    }

    private static async Task AppendAsync(EmbeddedLog log, ShardKey shard, long ordinal, long position, BlockFlags flags, ShardHead head)
    {
        var block = MakeBlock(shard, head.Epoch, ordinal, position, flags);
        var outcome = await log.AppendAsync(new ShardAppend(shard, head.Epoch, ordinal, ImmutableArray.Create(block)));
        Assert.True(outcome.IsCommitted, outcome.Detail);
    }
}
