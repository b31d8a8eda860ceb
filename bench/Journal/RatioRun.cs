using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Embedded.Devices;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Journal;

/// <summary>The log at the Storage interface, then raw writes of the sizes that it made, in turn; a line of JSON a round.</summary>
internal static class RatioRun
{
    private const int Shards = 4;
    private const int Depth = 16;
    private const int BlockBytes = 64 * 1024;
    private const long RawFileBytes = 512L * 1024 * 1024;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task RunAsync(string directory, TimeSpan turn, int rounds)
    {
        // Not counted: the first round compiles.
        await LogAsync(directory, TimeSpan.FromSeconds(1));
        for (var round = 0; round < rounds; round++)
        {
            var (journal, writes) = await LogAsync(directory, turn);
            var raw = await RawAsync(directory, turn, writes);
            Console.WriteLine(JsonSerializer.Serialize(
                new { Journal = journal / 1e6, Raw = raw / 1e6, WriteBytes = writes.Average(), Writes = writes.Count }, Json));
        }
    }

    /// <returns>Bytes of blocks a second, and the sizes of the journals' writes.</returns>
    private static async Task<(double BytesPerSecond, List<int> Writes)> LogAsync(string directory, TimeSpan turn)
    {
        var options = new EmbeddedLogOptions { DataDirectory = directory };
        var device = new RecordingDevice(new FileDevice(directory, options.IoMode));
        long appends;
        double seconds;
        await using (var log = await EmbeddedLog.OpenAsync(device, options, TimeProvider.System, NullLogger<EmbeddedLog>.Instance, default))
        {
            lock (device.Writes)
            {
                device.Writes.Clear();
            }

            var payload = new byte[BlockBytes];
            new Random(1).NextBytes(payload);
            var clock = Stopwatch.StartNew();
            appends = (await Task.WhenAll(Enumerable.Range(0, Shards).Select(shard => Task.Run(() => AppendAsync(log, new ShardId(shard), payload, clock, turn))))).Sum();
            seconds = clock.Elapsed.TotalSeconds;
        }

        Directory.Delete(directory, recursive: true);
        return (appends * BlockBytes / seconds, device.Writes);
    }

    private static async Task<long> AppendAsync(EmbeddedLog log, ShardId shard, byte[] payload, Stopwatch clock, TimeSpan turn)
    {
        var key = new ShardKey(new StreamGeneration(1), shard);
        var head = await log.OpenAsync(key, default);
        var block = PayloadBuilder.MakeBlock(key, payload, 1, []);
        var flying = new Queue<Task<AppendOutcome>>();
        long count = 0;
        for (; clock.Elapsed < turn; count++)
        {
            var stamped = block.Stamp(head.Epoch, head.NextOrdinal + count, head.NextPosition + count, 1);
            flying.Enqueue(log.AppendAsync(new ShardAppend(key, head.Epoch, stamped.Head.Ordinal, ImmutableArray.Create(stamped))).AsTask());
            if (flying.Count == Depth)
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

    /// <returns>Bytes a second.</returns>
    private static async Task<double> RawAsync(string directory, TimeSpan turn, List<int> writes)
    {
        double rate;
        await using (var device = new FileDevice(directory, JournalIoMode.Auto))
        {
            await device.LockAsync();
            await using var file = await device.CreateAsync("raw", RawFileBytes, DeviceFileKind.Journal, zeroFill: true);
            await file.FlushAsync();
            var memory = new AlignedMemory(AlignedMemory.Pad(writes.Max()));
            new Random(2).NextBytes(memory.GetSpan());
            long offset = 0, bytes = 0;
            var clock = Stopwatch.StartNew();
            for (var i = 0; clock.Elapsed < turn; i++)
            {
                var size = writes[i % writes.Count];
                offset = offset + size > RawFileBytes ? 0 : offset;
                await file.WriteAsync(offset, memory.Memory[..size]);
                offset += size;
                bytes += size;
            }

            rate = bytes / clock.Elapsed.TotalSeconds;
            memory.Free();
        }

        Directory.Delete(directory, recursive: true);
        return rate;
    }

    private static void Ensure(AppendOutcome outcome)
    {
        if (!outcome.IsCommitted)
        {
            throw new InvalidOperationException($"An append was not committed: {outcome}.");
        }
    }
}
