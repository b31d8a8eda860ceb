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

/// <summary>
/// The log at the Storage interface, as long as it grows and where as much expires as is written, then raw writes of the sizes that it made,
/// in turn; a line of JSON a round.
/// </summary>
/// <remarks>A growing log writes the zeros of its next file beside its frames; in the steady state it uses the files again that expired, as the raw writes do theirs.</remarks>
internal static class RatioRun
{
    private const int Shards = 4;
    private const int Depth = 16;
    private const int BlockBytes = 64 * 1024;
    private const long RawFileBytes = 512L * 1024 * 1024;
    private static readonly StreamGeneration Stream = new(1);
    private static readonly TimeSpan Retention = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan UntilSteady = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task RunAsync(string directory, TimeSpan turn, int rounds)
    {
        // Not counted: the first round compiles.
        await LogAsync(directory, TimeSpan.FromSeconds(1), expires: true);
        for (var round = 0; round < rounds; round++)
        {
            var (growing, _) = await LogAsync(directory, turn, expires: false);
            var (journal, writes) = await LogAsync(directory, turn, expires: true);
            var raw = await RawAsync(directory, turn, writes);
            Console.WriteLine(JsonSerializer.Serialize(
                new { Journal = journal / 1e6, Growing = growing / 1e6, Raw = raw / 1e6, WriteBytes = writes.Average(), Writes = writes.Count }, Json));
        }
    }

    /// <returns>Bytes of blocks a second, and the sizes of the journals' writes.</returns>
    private static async Task<(double BytesPerSecond, List<int> Writes)> LogAsync(string directory, TimeSpan turn, bool expires)
    {
        var options = new EmbeddedLogOptions { DataDirectory = directory };
        var device = new RecordingDevice(new FileDevice(directory, options.IoMode));
        long appends;
        double seconds;
        await using (var log = await EmbeddedLog.OpenAsync(device, options, TimeProvider.System, NullLogger<EmbeddedLog>.Instance, default))
        {
            var payload = new byte[BlockBytes];
            new Random(1).NextBytes(payload);
            using var ended = new CancellationTokenSource();
            var expiry = expires ? ExpireAsync(log, ended.Token) : Task.CompletedTask;
            var counted = 0L;
            var writers = Enumerable.Range(0, Shards).Select(shard => Task.Run(() => AppendAsync(
                log, new ShardId(shard), payload, () => Interlocked.Increment(ref counted), ended.Token))).ToArray();
            await Task.Delay(UntilSteady);
            lock (device.Writes)
            {
                device.Writes.Clear();
            }

            var before = Interlocked.Read(ref counted);
            var clock = Stopwatch.StartNew();
            await Task.WhenAny([Task.Delay(turn), .. writers]);
            appends = Interlocked.Read(ref counted) - before;
            seconds = clock.Elapsed.TotalSeconds;
            await ended.CancelAsync();
            await Task.WhenAll([expiry, .. writers]);
        }

        Directory.Delete(directory, recursive: true);
        return (appends * BlockBytes / seconds, device.Writes);
    }

    private static async Task AppendAsync(EmbeddedLog log, ShardId shard, byte[] payload, Action count, CancellationToken ended)
    {
        var key = new ShardKey(Stream, shard);
        var head = await log.OpenAsync(key, default);
        var block = PayloadBuilder.MakeBlock(key, payload, 1, []);
        var flying = new Queue<Task<AppendOutcome>>();
        for (long sent = 0; !ended.IsCancellationRequested || flying.Count > 0;)
        {
            if (!ended.IsCancellationRequested && flying.Count < Depth)
            {
                var stamped = block.Stamp(head.Epoch, head.NextOrdinal + sent, head.NextPosition + sent, Now());
                flying.Enqueue(log.AppendAsync(new ShardAppend(key, head.Epoch, stamped.Head.Ordinal, ImmutableArray.Create(stamped))).AsTask());
                sent++;
                continue;
            }

            var outcome = await flying.Dequeue();
            if (!outcome.IsCommitted)
            {
                throw new InvalidOperationException($"An append was not committed: {outcome}.");
            }

            count();
        }
    }

    private static async Task ExpireAsync(EmbeddedLog log, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await log.ExpireAsync(new Dictionary<StreamGeneration, long> { [Stream] = Now() - (long)Retention.TotalMilliseconds }, default);
            await Task.Delay(Retention / 4, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

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
}
