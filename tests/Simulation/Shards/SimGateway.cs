using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Routing;

namespace Broker.Tests.Simulation.Shards;

/// <summary>
/// The gateway's way into shards on the simulator's scheduler: its own loop, and the real portions, calls, verdicts, splits and joins.
/// Must do what <c>ShardAppender</c> and <c>StreamAppenders</c> do.
/// </summary>
internal sealed class SimGateway(SimScheduler scheduler, SimStream stream, Action<Task> watch)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    private readonly SortedDictionary<ShardId, Lane> lanes = [];
    private SimNetwork? network;
    private StreamRoute route = stream.Route;

    /// <summary>Goes on in a new life of the silos: what was in flight has an unknown outcome.</summary>
    public void Resume(SimNetwork anew)
    {
        network = anew;
        foreach (var lane in lanes.Values)
        {
            (lane.IsRunning, lane.IsWaiting) = (false, false);
            if (lane.InFlight is { } portions)
            {
                PutBack(lane, portions, isUncertain: true);
            }
        }

        Kick();
    }

    public async Task<AppendBatch> PutAsync(SentBatch sent)
    {
        if (scheduler.Random.Next(4) == 0)
        {
            Adopt(stream.Route);
        }

        var batch = new AppendBatch(sent.Ids.Length, 0, sent.Identity, isDivisible: false, scheduler.Time.GetTimestamp() + Deadline.Ticks);
        var shared = sent.Identity is null ? null : new AppendGroup(sent.Keys, [.. Enumerable.Range(0, sent.Ids.Length)]) { Identity = sent.Identity };
        foreach (var part in Enumerable.Range(0, sent.Ids.Length).GroupBy(index => route.Find(sent.Keys[index])).OrderBy(part => part.Key))
        {
            using var writer = new ChunkWriter();
            foreach (var index in part)
            {
                var data = new byte[sent.Sizes[index]];
                BinaryPrimitives.WriteInt64LittleEndian(data, sent.Ids[index]);
                writer.Add(index, "k"u8, data, sent.Keys[index]);
            }

            var records = writer.Finish();
            Get(route.Open[part.Key]).Queue.Add(new AppendPortion(batch, shared ?? new AppendGroup(sent.Keys, records.Indexes), records));
        }

        Kick();
        await batch.Completion;
        return batch;
    }

    private async Task RunAsync(Lane lane)
    {
        while (!lane.IsClosed && lane.Queue.Count > 0)
        {
            Expire(lane);
            if (lane.Queue.Count == 0)
            {
                break;
            }

            if (lane.HasInherited)
            {
                lane.HasInherited = false;
                var ordered = PortionOrder.Restore(lane.Queue);
                lane.Queue.Clear();
                lane.Queue.AddRange(ordered);
                PortionOrder.TakeBroken(lane.Queue, lane.Shard.Range)
                    .ForEach(broken => broken.Fail(BrokerErrorCode.Unavailable, "A part of it failed."));
                continue;
            }

            var portions = AppendCall.Take(lane.Queue);
            lane.InFlight = portions;
            foreach (var portion in portions)
            {
                portion.Group.Identity ??= new BatchIdentity(lane.Producer, BatchIdentity.GatewayEpoch, ++lane.LastNumber);
            }

            var call = AppendCall.Make(portions, route.Stream.Version, new BlockSealer(SimStream.Key(lane.Shard.Id), compressor: null, cipher: null));
            var result = await network!.AppendAsync(lane.Shard.Id, call.Request);
            lane.InFlight = null;
            await ApplyAsync(lane, portions, result);
        }

        if (!lane.IsClosed)
        {
            lane.IsRunning = false;
            return;
        }

        for (lane.IsWaiting = true; lanes.GetValueOrDefault(lane.Shard.Id) == lane;)
        {
            Expire(lane);
            Adopt(stream.Route);
            await Task.Delay(TimeSpan.FromMilliseconds(50), scheduler.Time);
        }
    }

    private async Task ApplyAsync(Lane lane, List<AppendPortion> portions, AppendResult result)
    {
        switch (result.Code)
        {
            case BrokerErrorCode.None when result.Verdicts.IsDefaultOrEmpty:
                var position = result.FirstPosition;
                foreach (var portion in portions)
                {
                    portion.Group.Took(lane.Shard.Id, lane.Shard.Range);
                    var first = position;
                    position += portion.RecordCount;
                    portion.Took(lane.Shard.Id, lane.Shard.CreatedSecond, first, result.ArrivalUnixMilliseconds);
                }

                break;
            case var _ when !result.Verdicts.IsDefaultOrEmpty:
                var rest = portions
                    .Where(portion => RepeatResolver.Select(result.Verdicts, portion) is not { } verdicts || RepeatResolver.Apply(portion, verdicts))
                    .ToList();
                PutBack(lane, rest, isUncertain: false);
                break;
            case BrokerErrorCode.ShardClosed:
                lane.IsClosed = true;
                PutBack(lane, portions, isUncertain: false);
                break;
            case BrokerErrorCode.Unavailable:
                PutBack(lane, portions, isUncertain: true);
                await Task.Delay(TimeSpan.FromMilliseconds(scheduler.Random.Next(10, 500)), scheduler.Time);
                break;
            default:
                portions.ForEach(portion => portion.Fail(result.Code, result.Message ?? "Refused."));
                break;
        }
    }

    private static void PutBack(Lane lane, List<AppendPortion> portions, bool isUncertain)
    {
        portions.ForEach(portion => portion.IsUncertain |= isUncertain);
        lane.InFlight = null;
        lane.Queue.InsertRange(0, portions);
    }

    private void Expire(Lane lane)
    {
        foreach (var portion in lane.Queue.Where(portion => portion.Batch.Deadline <= scheduler.Time.GetTimestamp()).ToList())
        {
            lane.Queue.Remove(portion);
            portion.IsUncertain = true;
            portion.Fail(BrokerErrorCode.Unavailable, "Time is up.");
        }
    }

    /// <summary>Takes a newer map; closed shards hand over to their children once nothing of theirs is in flight.</summary>
    private void Adopt(StreamRoute newer)
    {
        if (newer.Stream.Version > route.Stream.Version)
        {
            route = newer;
        }

        foreach (var lane in lanes.Values.ToList())
        {
            if (route.FindShard(lane.Shard.Id) is { IsOpen: true })
            {
                continue;
            }

            lane.IsClosed = true;
            if ((!lane.IsRunning || lane.IsWaiting) && !Ancestors(lane).Any())
            {
                var queue = lane.Queue.ToList();
                lane.Queue.Clear();
                foreach (var (shard, part) in queue.SelectMany(portion => PortionEditor.Split(portion, route)))
                {
                    var child = Get(shard);
                    child.Queue.Add(part);
                    child.HasInherited = true;
                }

                lanes.Remove(lane.Shard.Id);
            }
        }

        Kick();
    }

    private void Kick()
    {
        foreach (var lane in lanes.Values.ToList())
        {
            if (!lane.IsRunning && (lane.Queue.Count > 0 || lane.IsClosed) && !Ancestors(lane).Any())
            {
                lane.IsRunning = true;
                watch(RunAsync(lane));
            }
        }
    }

    private IEnumerable<Lane> Ancestors(Lane lane) => lanes.Values.Where(
        other => other.IsClosed && other.Shard.Id < lane.Shard.Id
            && other.Shard.Range.Start <= lane.Shard.Range.End && lane.Shard.Range.Start <= other.Shard.Range.End);

    private Lane Get(ShardDescription shard)
    {
        if (!lanes.TryGetValue(shard.Id, out var lane))
        {
            var producer = new byte[16];
            scheduler.Random.NextBytes(producer);
            lanes.Add(shard.Id, lane = new Lane(shard, new Guid(producer)));
        }

        return lane;
    }

    private sealed class Lane(ShardDescription shard, Guid producer)
    {
        public ShardDescription Shard { get; } = shard;

        public Guid Producer { get; } = producer;

        public List<AppendPortion> Queue { get; } = [];

        public List<AppendPortion>? InFlight { get; set; }

        public ulong LastNumber { get; set; }

        public bool IsRunning { get; set; }

        /// <summary>Nothing is in flight: what is left waits for the children.</summary>
        public bool IsWaiting { get; set; }

        public bool IsClosed { get; set; }

        public bool HasInherited { get; set; }
    }
}
