using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Streams.Lineage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Tests.Simulation.Shards;

/// <summary>
/// A stream's shards on one seed: clients behind gateways, silos that compete for the shards, readers, splits and merges, a clock
/// that is set back and forth. Each life opens the log, works until it ends or dies, and is checked by the next.
/// </summary>
internal sealed class ShardWorld
{
    private readonly IncrementalHash events = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly SimScheduler scheduler;
    private readonly ShardPlantedBug bug;
    private readonly EmbeddedLogOptions options;
    private readonly SimStream stream;
    private readonly int siloCount;
    private readonly ShardLedger ledger;
    private readonly SimProducer[] producers;
    private readonly SimReader[] readers;
    private readonly SimGateway[] gateways = new SimGateway[2];
    private List<(ShardId Shard, Contracts.Grains.AppendRequest Request)> flying = [];
    private TaskCompletionSource broken = new();
    private bool isOver;
    private long lastId;

    public ShardWorld(int seed, ShardPlantedBug bug = ShardPlantedBug.None)
    {
        this.bug = bug;
        scheduler = new SimScheduler(seed);
        Disk = new SimDisk(scheduler.Random);
        options = new EmbeddedLogOptions
        {
            FileBytes = 256 * 1024,
            MaxFrameBytes = 64 * 1024,
            PlantedBugs = bug switch
            {
                ShardPlantedBug.AcknowledgedEarly => PlantedBugs.AcknowledgedEarly,
                ShardPlantedBug.ForgotEpoch => PlantedBugs.ForgotEpoch,
                _ => PlantedBugs.None,
            },
        };
        stream = new SimStream(scheduler, scheduler.Random.Next(1, 4));
        siloCount = scheduler.Random.Next(3) == 0 ? 1 : 2;
        ledger = new ShardLedger(stream) { HasOneOwner = siloCount == 1 };
        producers = [.. new Guid?[] { NextGuid(), NextGuid(), null, null }.Select(id => new SimProducer(scheduler, ledger, id, () => ++lastId, Note))];
        readers = [.. Enumerable.Range(0, 2).Select(_ => new SimReader(scheduler, stream, ledger, Note))];
    }

    public SimDisk Disk { get; }

    public ShardLedger Ledger => ledger;

    public int Shards => stream.Lineage.Shards.Count();

    /// <summary>Everything that happened so far, as one number.</summary>
    public string HistoryHash => Convert.ToHexString(events.GetCurrentHash());

    /// <summary>Opens the log, checks all that is there, lets everybody work, and closes it unless it dies before.</summary>
    public void Live(int batchesEach, bool powerFails = true)
    {
        var died = Run(log => LiveAsync(log, batchesEach));
        Disk.Restart(died && powerFails);
        Note($"end {died} {scheduler.Steps}");
    }

    /// <summary>A life without faults, in which everything that was sent gets an answer; then a last look at what is there.</summary>
    public void Settle()
    {
        Disk.CrashAtWrite = Disk.FailAtWrite = 0;
        Disk.CapacityBytes = long.MaxValue;
        Run(SettleAsync);
        Disk.Restart(powerFailed: true);
        Run(_ => Task.CompletedTask);
        Disk.Restart(powerFailed: true);
    }

    private bool Run(Func<EmbeddedLog, Task> live)
    {
        (broken, isOver) = (new TaskCompletionSource(), false);
        var died = scheduler.Run(async () =>
        {
            var life = OpenAndLiveAsync(live);
            await await Task.WhenAny(life, Disk.Died, broken.Task);
            return Disk.IsDead;
        });
        scheduler.Kill();
        return died;
    }

    private async Task<bool> OpenAndLiveAsync(Func<EmbeddedLog, Task> live)
    {
        var log = await EmbeddedLog.OpenAsync(new SimDevice(Disk, scheduler), options, scheduler.Time, NullLogger.Instance, default);
        await CheckAsync(log);
        await live(log);
        isOver = true;
        await log.DisposeAsync();
        return true;
    }

    private SimNetwork Start(EmbeddedLog log)
    {
        IShardLog seen = bug is ShardPlantedBug.SnapshotForgotten or ShardPlantedBug.NotInherited ? new ForgetfulLog(log, bug) : log;
        var network = new SimNetwork(scheduler, [.. Enumerable.Range(0, siloCount).Select(_ => new SimSilo(stream, seen, scheduler.Time, bug))], Watch);
        foreach (var (shard, request) in flying.Where(_ => scheduler.Random.Next(2) == 0))
        {
            Watch(network.RepeatAsync(shard, request));
        }

        flying = network.Flying;
        for (var i = 0; i < gateways.Length; i++)
        {
            // A gateway can outlive the silos, or be lost with what it has.
            gateways[i] = gateways[i] is { } old && scheduler.Random.Next(2) == 0 ? old : new SimGateway(scheduler, stream, Watch);
            gateways[i].Resume(network);
        }

        return network;
    }

    private async Task LiveAsync(EmbeddedLog log, int batchesEach)
    {
        var network = Start(log);
        var sending = Task.WhenAll(producers.Select(producer => producer.SendAsync(gateways, batchesEach)));
        var goesOn = () => !sending.IsCompleted;
        await Task.WhenAll(
            [sending, ReshardAsync(network, goesOn, scheduler.Random.Next(4)), SetClockAsync(goesOn), .. readers.Select(reader => reader.ReadAsync(network, goesOn))]);
    }

    private async Task SettleAsync(EmbeddedLog log)
    {
        var network = Start(log);
        var settling = Task.WhenAll(producers.Select(producer => producer.SettleAsync(gateways)));
        var goesOn = () => !settling.IsCompleted;
        await Task.WhenAll([settling, ReshardAsync(network, goesOn, 1), .. readers.Select(reader => reader.ReadAsync(network, goesOn))]);
    }

    private async Task ReshardAsync(SimNetwork network, Func<bool> goesOn, int times)
    {
        while (goesOn() && (times > 0 || stream.Step is not null))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(scheduler.Random.Next(1, 400)), scheduler.Time);
            if (stream.Step is null)
            {
                stream.Begin();
                times--;
            }

            var step = stream.Step!.Value;
            var ends = await Task.WhenAll(new[] { step.Shard, step.Adjacent ?? step.Shard }.Select(shard => SealAsync(network, shard)));
            if (ends[0] is { } end && ends[1] is { } adjacentEnd)
            {
                stream.Finish(end, step.Adjacent is null ? null : adjacentEnd);
                Note($"reshard {step}");
            }
        }
    }

    private async Task<SealedEnd?> SealAsync(SimNetwork network, ShardId shard)
    {
        var result = await network.SealAsync(shard);
        if (result.Code != BrokerErrorCode.None)
        {
            return null;
        }

        Note($"seal {shard} {result.Position} {result.ArrivalUnixMilliseconds}");
        ledger.Sealed(shard, result.Position, result.ArrivalUnixMilliseconds);
        return new SealedEnd(result.Position, result.ArrivalUnixMilliseconds);
    }

    private async Task SetClockAsync(Func<bool> goesOn)
    {
        while (goesOn())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(scheduler.Random.Next(20, 600)), scheduler.Time);
            if (scheduler.Random.Next(3) == 0)
            {
                // Less than a gateway's numbers are kept for, so that no put outlives them.
                scheduler.Time.Offset = TimeSpan.FromMilliseconds(scheduler.Random.Next(-15_000, 15_000));
            }

            if (Disk.CapacityBytes != long.MaxValue && scheduler.Random.Next(4) == 0)
            {
                Disk.CapacityBytes = long.MaxValue;
            }
        }
    }

    private async Task CheckAsync(EmbeddedLog log)
    {
        SortedDictionary<ShardId, List<RecordBlock>> found = [];
        foreach (var shard in stream.Lineage.Shards)
        {
            var key = SimStream.Key(shard.Id);
            var head = await log.PeekAsync(key, default);
            var blocks = found[shard.Id] = [];
            while (blocks.Count < head.NextOrdinal && await log.ReadBlocksAsync(key, blocks.Count, 200_000, default) is { Count: > 0 } more)
            {
                blocks.AddRange(more);
            }

            Note($"check {shard.Id} {blocks.Count}");
            ledger.Rule(blocks.Count == head.NextOrdinal, $"{shard.Id} ends at {head.NextOrdinal} and gives {blocks.Count} blocks");
        }

        ledger.Check(found);
        foreach (var (shard, blocks) in found)
        {
            await CheckFindAsync(log, shard, blocks);
        }
    }

    private async Task CheckFindAsync(EmbeddedLog log, ShardId shard, List<RecordBlock> blocks)
    {
        if (blocks.Count == 0)
        {
            return;
        }

        var stamp = blocks[scheduler.Random.Next(blocks.Count)].Head.ArrivalUnixMilliseconds + scheduler.Random.Next(-1, 2);
        var expected = blocks.Find(block => !block.Head.IsControl && block.Head.ArrivalUnixMilliseconds >= stamp)?.Head.FirstPosition;
        var position = await log.FindAsync(SimStream.Key(shard), stamp, default);
        ledger.Rule(position == expected, $"{shard} finds {stamp} at {position}, and it is at {expected}");
    }

    private async void Watch(Task task)
    {
        try
        {
            await task;
        }
        catch (ObjectDisposedException) when (isOver)
        {
            // A request that was delivered late found the log closed.
        }
        catch (Exception exception)
        {
            broken.TrySetException(exception);
        }
    }

    private Guid NextGuid()
    {
        var bytes = new byte[16];
        scheduler.Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private void Note(string what) => events.AppendData(Encoding.UTF8.GetBytes(what));
}
