using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Broker.Tests.Unit.Silo.Shards;

public sealed class ProducerProperties
{
    private static readonly Guid[] Producers = [new(1, 2, 3, new byte[8]), new(4, 5, 6, new byte[8]), new(7, 8, 9, new byte[8])];

    /// <summary>Numbers near one another, and now and then far away.</summary>
    private static readonly Gen<ulong> Numbers = Gen.OneOf(Gen.Choose(0, 30), Gen.Choose(1000, 1060), Gen.Choose(0, 6000)).Select(number => (ulong)number);

    private static readonly Gen<TakenBatch> Batches =
        from shard in Gen.Choose(0, 3)
        from position in Gen.Choose(0, 2)
        from count in Gen.Choose(1, 3)
        from stamp in Gen.Choose(0, 100_000)
        select new TakenBatch(shard, position, count, stamp);

    private static readonly Gen<(ulong Number, TakenBatch Batch)> Adds = from number in Numbers from batch in Batches select (number, batch);

    [Fact]
    public void A_window_is_what_a_set_of_all_numbers_would_be() => Prop.ForAll(
        Adds.ArrayOf(300).ToArbitrary(), adds =>
        {
            var window = new ProducerWindow(1);
            var all = new Dictionary<ulong, HashSet<TakenBatch>>();
            var highest = 0UL;
            foreach (var (number, batch) in adds)
            {
                window.Add(number, batch);
                highest = Math.Max(highest, number);
                if (!Behind(number))
                {
                    (all.TryGetValue(number, out var known) ? known : all[number] = []).Add(batch);
                }

                Assert.Equal(highest, window.Highest);
                Assert.Equal(window.Count, window.All().Count());
            }

            Assert.Equal(adds.Max(add => add.Batch.ArrivalUnixMilliseconds), window.LastSeenUnixMilliseconds);
            for (var number = 0UL; number <= highest + 1; number++)
            {
                Assert.Equal(Behind(number), window.IsBehind(number));
                if (!Behind(number))
                {
                    Assert.Equal(all.TryGetValue(number, out var takers) ? takers : [], window.TakersOf(number).ToHashSet());
                }
            }

            bool Behind(ulong number) => number + ProducerLimits.WindowBatches <= highest;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_gateways_window_forgets_nothing_of_the_last_minute() => Prop.ForAll(
        Gen.Choose(1, 400).ArrayOf(400).ToArbitrary(), pauses =>
        {
            var window = new ProducerWindow(BatchIdentity.GatewayEpoch);
            var now = 0L;
            var stamps = pauses.Select(pause => now += pause).ToArray();
            for (var i = 0; i < stamps.Length; i++)
            {
                window.Add((ulong)i, new TakenBatch(0, i, 1, stamps[i]));
            }

            for (var i = 0; i < stamps.Length; i++)
            {
                Assert.True(window.TakersOf((ulong)i).Any() || now - stamps[i] > ProducerLimits.GatewayRetention.TotalMilliseconds);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_snapshot_brings_back_the_table() => Prop.ForAll(
        (from producer in Gen.Choose(0, 2) from epoch in Gen.Choose(0, 2) from add in Adds select (producer, epoch, add)).ArrayOf(200).ToArbitrary(), adds =>
        {
            var table = NewTable();
            for (var shard = 0; shard < 3; shard++)
            {
                table.Inherit(new Ancestor(new ShardId(shard), new HashKeyRange(new HashKey((UInt128)shard << 100), HashKey.Max), 100 + shard));
            }

            foreach (var (producer, epoch, (number, batch)) in adds)
            {
                table.Add(new BatchIdentity(Producers[producer], (uint)epoch, number), batch);
            }

            var read = NewTable();
            ProducerSnapshot.DecodeInto(read, ProducerSnapshot.Encode(table));
            Assert.Equal(table.Ancestors.OrderBy(ancestor => ancestor.Key), read.Ancestors.OrderBy(ancestor => ancestor.Key));
            Assert.Equal(table.Producers.Keys.ToHashSet(), read.Producers.Keys.ToHashSet());
            foreach (var (producer, window) in table.Producers)
            {
                var same = read.Producers[producer];
                Assert.Equal((window.Epoch, window.Highest, window.LastSeenUnixMilliseconds), (same.Epoch, same.Highest, same.LastSeenUnixMilliseconds));
                Assert.Equal(
                    window.All().Where(entry => !window.IsBehind(entry.Number)).ToHashSet(),
                    same.All().Where(entry => !same.IsBehind(entry.Number)).ToHashSet());
            }
        }).QuickCheckThrowOnFailure();

    private static ProducerTable NewTable() => new(new Ancestor(new ShardId(3), HashKeyRange.All, 200), new ProducerLimits());
}
