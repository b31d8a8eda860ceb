using System.Buffers.Binary;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;

namespace Broker.Tests.Simulation.Shards;

/// <summary>Follows shards from their first record on, waiting at the tail; its places outlive crashes.</summary>
internal sealed class SimReader(SimScheduler scheduler, SimStream stream, ShardLedger ledger, Action<string> note)
{
    private readonly Dictionary<ShardId, long> places = [];

    public async Task ReadAsync(SimNetwork network, Func<bool> goesOn)
    {
        while (goesOn())
        {
            // Time goes on only when nobody has anything to do.
            await Task.Delay(TimeSpan.FromMilliseconds(scheduler.Random.Next(1, 30)), scheduler.Time);
            var shards = stream.Lineage.Shards.ToList();
            var shard = shards[scheduler.Random.Next(shards.Count)].Id;
            for (var reads = scheduler.Random.Next(1, 6); reads > 0; reads--)
            {
                await ReadOnceAsync(network, shard);
            }

            if (scheduler.Random.Next(4) == 0)
            {
                var end = ledger.AcknowledgedEnd(shard);
                var latest = await network.FindAsync(shard, long.MaxValue);
                ledger.Rule(latest.Code != BrokerErrorCode.None || latest.Position >= end, $"{shard} tells {latest.Position} as its end after {end} records were acknowledged");
            }
        }
    }

    private async Task ReadOnceAsync(SimNetwork network, ShardId shard)
    {
        var from = places.GetValueOrDefault(shard);
        var wait = scheduler.Random.Next(3) == 0 ? TimeSpan.FromMilliseconds(scheduler.Random.Next(1, 4000)) : TimeSpan.Zero;
        var result = await network.ReadAsync(shard, new ReadRequest(from, scheduler.Random.Next(1, 20_000), wait, 0, Metered: false));
        note($"read {shard} {from} {result.Code} {result.TailPosition}");
        if (result.Code != BrokerErrorCode.None)
        {
            ledger.Rule(result.Code is BrokerErrorCode.Unavailable or BrokerErrorCode.StorageFull, $"reading {shard} from {from} on was answered {result.Code}: {result.Message}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), scheduler.Time);
            return;
        }

        ledger.Rule(result.FromPosition == from, $"reading {shard} from {from} on began at {result.FromPosition}");
        var next = from;
        foreach (var block in result.Blocks)
        {
            ledger.Rule(
                block.Head.EndPosition > next && (block.Head.FirstPosition == next || (next == from && block.Head.FirstPosition < next)),
                $"reading {shard} from {from} on gave positions {block.Head.FirstPosition} to {block.Head.EndPosition} where {next} was expected");
            var position = block.Head.FirstPosition;
            var records = new BlockRecordReader(block.Payload.Span);
            while (records.TryRead(out var record))
            {
                if (position >= next)
                {
                    ledger.Saw(shard, position, BinaryPrimitives.ReadInt64LittleEndian(record.Data), block.Head.ArrivalUnixMilliseconds);
                }

                position++;
            }

            next = block.Head.EndPosition;
        }

        places[shard] = Math.Max(places.GetValueOrDefault(shard), next);
        if (result.IsSealed && next == result.TailPosition)
        {
            ledger.Sealed(shard, result.TailPosition, result.TailArrivalUnixMilliseconds);
        }
    }
}
