using System.Buffers.Text;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Tokens;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class TokenProperties
{
    private static readonly ShardIterators Iterators = new(new TokenSealer(new FakeCluster(1)), Options.Create(new BrokerLimits()), TimeProvider.System);

    private static readonly Gen<(ShardKey Shard, long Position)> Places =
        from generation in Gen.Choose(1, int.MaxValue)
        from shard in Gen.Choose(0, int.MaxValue)
        from position in Gen.Choose(0, int.MaxValue)
        from shift in Gen.Choose(0, 31)
        select (new ShardKey(new StreamGeneration((long)generation << shift), new ShardId(shard)), (long)position << shift);

    [Fact]
    public void An_iterator_comes_back_and_any_flipped_bit_is_refused() => Prop.ForAll(
        Places.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (place, random) =>
        {
            var text = Iterators.MakeAsync(place.Shard, place.Position).AsTask().Result;
            var read = Iterators.OpenAsync(text).AsTask().Result;
            Assert.Equal(place, (read.Shard, read.Position));

            var bytes = Base64Url.DecodeFromChars(text);
            var bit = random % (bytes.Length * 8);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var refused = Assert.ThrowsAsync<BrokerException>(() => Iterators.OpenAsync(Base64Url.EncodeToString(bytes)).AsTask()).Result;
            Assert.Equal(BrokerErrorCode.InvalidArgument, refused.Code);
        }).QuickCheckThrowOnFailure();
}
