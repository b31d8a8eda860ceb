using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Tests.Simulation;

/// <summary>A disk, writers and readers on one seed: each life opens the log, works until it ends or dies, and is checked by the next.</summary>
internal sealed class SimWorld
{
    private const int ShardCount = 3;
    private readonly ShardHistory[] histories = [.. Enumerable.Range(0, ShardCount).Select(index => new ShardHistory($"shard {index}"))];
    private readonly IncrementalHash events = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly EmbeddedLogOptions options;
    private readonly SimScheduler scheduler;
    private long lastId;
    private long lastStream;

    public SimWorld(int seed, PlantedBugs bugs = PlantedBugs.None, int fileBytes = 96 * 1024)
    {
        scheduler = new SimScheduler(seed);
        Disk = new SimDisk(scheduler.Random);
        options = new EmbeddedLogOptions { FileBytes = fileBytes, MaxFrameBytes = 64 * 1024, PlantedBugs = bugs };
    }

    public SimDisk Disk { get; }

    public int Committed => histories.Sum(history => history.CommittedCount);

    /// <summary>Files that expiry dropped or rewrote.</summary>
    public int FilesGivenBack { get; private set; }

    /// <summary>Everything that happened so far, as one number.</summary>
    public string HistoryHash => Convert.ToHexString(events.GetCurrentHash());

    /// <summary>Opens the log, checks all that is there, lets writers and readers work, and closes it unless it dies before.</summary>
    /// <returns>True where it died.</returns>
    public bool Live(int appendsEach, bool powerFails = true)
    {
        var died = scheduler.Run(async () =>
        {
            var life = LiveAsync(appendsEach);
            await await Task.WhenAny(life, Disk.Died);
            return Disk.IsDead;
        });
        scheduler.Kill();
        Disk.Restart(died && powerFails);
        Note($"end {died}");
        return died;
    }

    /// <summary>Opens the log only to check what is there.</summary>
    public void Check() => Live(0);

    private static ShardKey Key(int shard) => new(new StreamGeneration(7), new ShardId(shard));

    private async Task DelayAsync()
    {
        for (var i = 0; i < 20; i++)
        {
            await scheduler.StepAsync();
        }
    }

    private async Task<bool> LiveAsync(int appendsEach)
    {
        var log = await EmbeddedLog.OpenAsync(new SimDevice(Disk, scheduler), options, scheduler.Time, NullLogger.Instance, default);
        for (var shard = 0; shard < ShardCount; shard++)
        {
            await CheckAsync(log, shard);
        }

        if (appendsEach > 0)
        {
            // Two owners compete for the first shard.
            await Task.WhenAll(
                WriteAsync(log, 0, appendsEach), WriteAsync(log, 0, appendsEach), WriteAsync(log, 1, appendsEach), WriteAsync(log, 2, appendsEach),
                ReadAsync(log, 0, appendsEach), ReadAsync(log, 1, appendsEach),
                ExpireAsync(log));
        }

        await log.DisposeAsync();
        return true;
    }

    private async Task WriteAsync(EmbeddedLog log, int shard, int appends)
    {
        ShardHead? head = null;
        List<Task<AppendStatus>> flying = [];
        var refusals = 0;
        while (appends > 0 && refusals < 40)
        {
            if (head is null)
            {
                try
                {
                    head = await log.OpenAsync(Key(shard), default);
                    histories[shard].Opened(head.Value.Epoch, head.Value.NextOrdinal);
                    Note($"open {shard} {head}");
                }
                catch (StorageException)
                {
                    refusals++;
                    await Task.Delay(TimeSpan.FromMilliseconds(400), scheduler.Time);
                    continue;
                }
            }

            var (append, next) = MakeAppend(shard, head.Value);
            var attempt = histories[shard].Begin(append.Epoch, append.ExpectedOrdinal, [.. append.Blocks.Select(IdOf)]);
            flying.Add(AppendAsync(log, shard, append, attempt));
            head = next;
            appends--;
            if (scheduler.Random.Next(3) == 0 || flying.Count > 4)
            {
                var answers = await Task.WhenAll(flying);
                flying.Clear();
                if (answers.Any(answer => answer != AppendStatus.Committed))
                {
                    refusals++;
                    head = null;
                    await Task.Delay(TimeSpan.FromMilliseconds(scheduler.Random.Next(1, 2000)), scheduler.Time);
                }
            }
        }

        await Task.WhenAll(flying);
    }

    private async Task<AppendStatus> AppendAsync(EmbeddedLog log, int shard, ShardAppend append, ShardHistory.Attempt attempt)
    {
        var outcome = await log.AppendAsync(append);
        attempt.Status = outcome.Status;
        Note($"append {shard} {append.ExpectedOrdinal} {outcome}");
        return outcome.Status;
    }

    private async Task ReadAsync(EmbeddedLog log, int shard, int rounds)
    {
        for (; rounds > 0; rounds--)
        {
            await DelayAsync();
            foreach (var block in await log.ReadBlocksAsync(Key(shard), Math.Max(0, lastId / 40), 50_000, default))
            {
                histories[shard].Saw(IdOf(block));
                Note($"read {shard} {block.Head.Ordinal}");
            }
        }
    }

    /// <summary>Nothing of what is checked expires; a stream that is deleted makes files drop and be rewritten around it.</summary>
    private async Task ExpireAsync(EmbeddedLog log)
    {
        var doomed = new ShardKey(new StreamGeneration(1000 + ++lastStream), new ShardId(0));
        try
        {
            for (var round = 0; round < 4; round++)
            {
                var head = await log.OpenAsync(doomed, default);
                for (var appends = 0; appends < 3; appends++)
                {
                    var block = PayloadBuilder.MakeBlock(doomed, new byte[25_000], 1, [])
                        .Stamp(head.Epoch, head.NextOrdinal + appends, head.NextPosition + appends, head.LastArrivalUnixMilliseconds);
                    await log.AppendAsync(new ShardAppend(doomed, head.Epoch, block.Head.Ordinal, [block]));
                }

                await DelayAsync();
            }

            await log.DeleteStreamAsync(doomed.Stream, default);
            var report = await log.ExpireAsync(new Dictionary<StreamGeneration, long>(), default);
            FilesGivenBack += report.FilesDropped + report.FilesRewritten;
            Note($"expire {report}");
        }
        catch (StorageException)
        {
            // On a failing device or a full disk it is for the next life.
        }
    }

    private async Task CheckAsync(EmbeddedLog log, int shard)
    {
        List<(long, long, long)> found = [];
        HashSet<long> reported = [];
        var head = await log.OpenAsync(Key(shard), default);
        for (long next = 0; next < head.NextOrdinal;)
        {
            try
            {
                var blocks = await log.ReadBlocksAsync(Key(shard), next, 20_000, default);
                if (blocks.Count == 0)
                {
                    break;
                }

                found.AddRange(blocks.Select(block => (block.Head.Ordinal, block.Head.Epoch, IdOf(block))));
                next = blocks[^1].Head.Ordinal + 1;
            }
            catch (StorageException exception) when (exception.Fault == StorageFault.Corrupt)
            {
                reported.Add(next++);
            }
        }

        Note($"check {shard} {head} {found.Count} {reported.Count}");
        histories[shard].Check(found, reported, head.NextOrdinal);
        histories[shard].Opened(head.Epoch, head.NextOrdinal);
    }

    private (ShardAppend Append, ShardHead Next) MakeAppend(int shard, ShardHead head)
    {
        var random = scheduler.Random;
        var blocks = ImmutableArray.CreateBuilder<RecordBlock>();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var payload = new byte[random.Next(8) == 0 ? random.Next(8, 30_000) : random.Next(8, 600)];
            BinaryPrimitives.WriteInt64LittleEndian(payload, ++lastId);
            var block = PayloadBuilder.MakeBlock(Key(shard), payload, random.Next(1, 5), [])
                .Stamp(head.Epoch, head.NextOrdinal, head.NextPosition, Math.Max(head.LastArrivalUnixMilliseconds, lastId));
            blocks.Add(block);
            head = head with
            {
                NextOrdinal = head.NextOrdinal + 1,
                NextPosition = block.Head.EndPosition,
                LastArrivalUnixMilliseconds = block.Head.ArrivalUnixMilliseconds,
            };
        }

        return (new ShardAppend(Key(shard), head.Epoch, blocks[0].Head.Ordinal, blocks.ToImmutable()), head);
    }

    private static long IdOf(RecordBlock block) => BinaryPrimitives.ReadInt64LittleEndian(block.Payload.Span);

    private void Note(string what) => events.AppendData(Encoding.UTF8.GetBytes(what));
}
