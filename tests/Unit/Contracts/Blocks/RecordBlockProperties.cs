using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Broker.Tests.Unit.Contracts.Blocks;

public sealed class RecordBlockProperties
{
    private static readonly Gen<byte[]> Bytes = ArbMap.Default.GeneratorFor<byte[]>();

    private static readonly Gen<HashKey?> ExplicitKeys =
        from isGiven in ArbMap.Default.GeneratorFor<bool>()
        from high in ArbMap.Default.GeneratorFor<ulong>()
        from low in ArbMap.Default.GeneratorFor<ulong>()
        select isGiven ? new HashKey(new UInt128(high, low)) : (HashKey?)null;

    private static readonly Gen<(byte[] Key, byte[] Data, HashKey? Explicit)> Records =
        from key in Bytes from data in Bytes from hashKey in ExplicitKeys select (key, data, hashKey);

    private static readonly Gen<BlockIdentity> Identities =
        from producer in ArbMap.Default.GeneratorFor<Guid>()
        from epoch in ArbMap.Default.GeneratorFor<uint>()
        from number in ArbMap.Default.GeneratorFor<ulong>()
        from first in Gen.Choose(0, 1000)
        from count in Gen.Choose(1, 1000)
        select new BlockIdentity(new BatchIdentity(producer, epoch, number), first, count);

    private static readonly Gen<(long Epoch, long Ordinal, long Position, long Arrival)> Stamps =
        from numbers in Gen.Choose(0, int.MaxValue).Select(number => (long)number << 20).ArrayOf(4)
        select (numbers[0], numbers[1], numbers[2], numbers[3]);

    [Fact]
    public void Any_records_and_identities_come_back() => Prop.ForAll(
        Records.ListOf().ToArbitrary(), Identities.ListOf().ToArbitrary(), Stamps.ToArbitrary(), (records, identities, stamp) =>
        {
            using var builder = new PayloadBuilder();
            foreach (var (key, data, explicitKey) in records)
            {
                builder.Add(key, data, explicitKey);
            }

            var block = builder.Build(new ShardKey(new StreamGeneration(9), new ShardId(4)), [.. identities])
                .Stamp(stamp.Epoch, stamp.Ordinal, stamp.Position, stamp.Arrival);
            Assert.Equal(BlockFault.None, RecordBlock.TryDecode(block.Encode(), out var read));
            Assert.Equal(block.Head, read!.Head);
            Assert.Equal(identities, read.Identities);
            var reader = new BlockRecordReader(read.Payload.Span);
            foreach (var (key, data, explicitKey) in records)
            {
                Assert.True(reader.TryRead(out var record));
                Assert.Equal(key, record.PartitionKey.ToArray());
                Assert.Equal(data, record.Data.ToArray());
                Assert.Equal(explicitKey ?? HashKey.OfPartitionKey(key), record.HashKey);
            }

            Assert.False(reader.TryRead(out _));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_flipped_bit_is_seen() => Prop.ForAll(
        Records.NonEmptyListOf().ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (records, place) =>
        {
            using var builder = new PayloadBuilder();
            foreach (var (key, data, explicitKey) in records)
            {
                builder.Add(key, data, explicitKey);
            }

            var bytes = builder.Build(new ShardKey(new StreamGeneration(9), new ShardId(4)), []).Encode();
            var bit = place % (bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(BlockFault.None, RecordBlock.TryDecode(bytes, out _));
        }).QuickCheckThrowOnFailure();
}
