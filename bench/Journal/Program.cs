using System.Collections.Immutable;
using System.Diagnostics;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Journal;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Embedded.Devices;
using Microsoft.Extensions.Logging.Abstractions;

// ratio DIRECTORY SECONDS ROUNDS: for scripts/bench.
if (args is ["ratio", var place, var turn, var rounds])
{
    await RatioRun.RunAsync(
        place, TimeSpan.FromSeconds(double.Parse(turn, System.Globalization.CultureInfo.InvariantCulture)), int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture));
    return;
}

// dotnet run -c Release --project bench/Journal -- [directory] [seconds]: the embedded log against its device, in one run.
var directory = args.Length > 0 ? args[0] : Path.Combine(Path.GetTempPath(), "broker-bench");
var seconds = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 5;
if (Directory.Exists(directory))
{
    Directory.Delete(directory, recursive: true);
}

await MeasureDeviceAsync(zeroFill: false, 64 * 1024);
await MeasureDeviceAsync(zeroFill: true, 64 * 1024);
await MeasureDeviceAsync(zeroFill: true, 1024 * 1024);
await MeasureDeviceAsync(zeroFill: true, 4096);
foreach (var mode in new[] { JournalIoMode.Auto, JournalIoMode.Buffered })
{
    await MeasureLogAsync(mode, shards: 4, blockBytes: 64 * 1024, depth: 16);
    await MeasureLogAsync(mode, shards: 4, blockBytes: 1024, depth: 64);
    await MeasureLogAsync(mode, shards: 1, blockBytes: 1024, depth: 1);
}

await MeasureStartAsync();

async Task MeasureDeviceAsync(bool zeroFill, int writeBytes)
{
    await using var device = new FileDevice(directory, JournalIoMode.Auto);
    await device.LockAsync();
    await using var file = await device.CreateAsync("raw", 128 * 1024 * 1024, DeviceFileKind.Journal, zeroFill);
    await file.FlushAsync();
    var memory = new AlignedMemory(writeBytes);
    memory.GetSpan().Fill(7);
    var clock = Stopwatch.StartNew();
    long offset = 0;
    var writes = 0;
    for (; offset + writeBytes <= file.Length && clock.Elapsed.TotalSeconds < seconds; offset += writeBytes, writes++)
    {
        await file.WriteAsync(offset, memory.Memory);
    }

    Console.WriteLine($"device, zero-filled {zeroFill}, {writeBytes} B writes: {Rate(offset, clock)} MB/s, {clock.Elapsed.TotalMilliseconds / writes:F3} ms each");
    memory.Free();
    await device.DeleteAsync("raw");
}

async Task MeasureLogAsync(JournalIoMode mode, int shards, int blockBytes, int depth)
{
    Directory.Delete(directory, recursive: true);
    var options = new EmbeddedLogOptions { DataDirectory = directory, IoMode = mode };
    await using var log = await EmbeddedLog.OpenAsync(options, TimeProvider.System, NullLogger<EmbeddedLog>.Instance, default);
    var payload = new byte[blockBytes];
    new Random(1).NextBytes(payload);
    var clock = Stopwatch.StartNew();
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    var allocated = GC.GetTotalAllocatedBytes();
    var counts = await Task.WhenAll(Enumerable.Range(0, shards).Select(shard => Task.Run(() => WriteAsync(new ShardKey(new StreamGeneration(1), new ShardId(shard))))));
    var appends = counts.Sum();
    cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
    Console.WriteLine(
        $"log, {mode}, {shards} shards x {depth} of {blockBytes} B: {Rate(appends * blockBytes, clock)} MB/s, {appends / clock.Elapsed.TotalSeconds:F0} appends/s, "
        + $"{clock.Elapsed.TotalMilliseconds * shards * depth / appends:F2} ms each, {cpu / clock.Elapsed:F2} cores, {(GC.GetTotalAllocatedBytes() - allocated) / appends} B allocated an append");

    async Task<long> WriteAsync(ShardKey key)
    {
        var head = await log.OpenAsync(key, default);
        var block = PayloadBuilder.MakeBlock(key, payload, 1, []);
        var flying = new Queue<Task<AppendOutcome>>();
        long count = 0;
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            var stamped = block.Stamp(head.Epoch, head.NextOrdinal + count, head.NextPosition + count, 1);
            flying.Enqueue(log.AppendAsync(new ShardAppend(key, head.Epoch, stamped.Head.Ordinal, ImmutableArray.Create(stamped))).AsTask());
            count++;
            if (flying.Count == depth)
            {
                Ensure(await flying.Dequeue());
            }
        }

        while (flying.TryDequeue(out var last))
        {
            Ensure(await last);
        }

        return count;
    }
}

async Task MeasureStartAsync()
{
    var clock = Stopwatch.StartNew();
    await using var log = await EmbeddedLog.OpenAsync(new EmbeddedLogOptions { DataDirectory = directory }, TimeProvider.System, NullLogger<EmbeddedLog>.Instance, default);
    Console.WriteLine($"start: {clock.Elapsed.TotalMilliseconds:F0} ms");
    var key = new ShardKey(new StreamGeneration(1), new ShardId(0));
    clock.Restart();
    long bytes = 0;
    for (long position = 0; clock.Elapsed.TotalSeconds < seconds;)
    {
        var blocks = await log.ReadAsync(key, position, 1024 * 1024, default);
        if (blocks.Count == 0)
        {
            break;
        }

        bytes += blocks.Sum(block => (long)block.EncodedLength);
        position = blocks[^1].Head.EndPosition;
    }

    Console.WriteLine($"read of one shard, cached: {Rate(bytes, clock)} MB/s");
}

static void Ensure(AppendOutcome outcome)
{
    if (!outcome.IsCommitted)
    {
        throw new InvalidOperationException($"An append was not committed: {outcome}.");
    }
}

static string Rate(long bytes, Stopwatch clock) => (bytes / clock.Elapsed.TotalSeconds / 1_000_000).ToString("F0", System.Globalization.CultureInfo.InvariantCulture);
