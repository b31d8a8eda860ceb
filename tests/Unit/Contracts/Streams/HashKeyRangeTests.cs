using System.Numerics;
using Broker.Contracts.Streams;
using Xunit;

namespace Broker.Tests.Unit.Contracts.Streams;

public sealed class HashKeyRangeTests
{
    private static readonly BigInteger Space = BigInteger.Pow(2, 128);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(1_000)]
    [InlineData(4_096)]
    [InlineData(9_999)]
    [InlineData(10_000)]
    public void UniformRangesAreAwsOwnAndCoverTheSpace(int count)
    {
        var width = Space / count;
        var ranges = HashKeyRange.Uniform(count);
        Assert.Equal(count, ranges.Count);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(width * i, (BigInteger)ranges[i].Start.Value);
            Assert.Equal(i == count - 1 ? Space - 1 : (width * (i + 1)) - 1, (BigInteger)ranges[i].End.Value);
        }
    }

    [Fact]
    public void SplittingAndMergingAreInverse()
    {
        var random = new Random(1);
        for (var i = 0; i < 1_000; i++)
        {
            var key = RandomKeys.Next(random);
            if (key == HashKey.Min)
            {
                continue;
            }

            var (lower, upper) = HashKeyRange.All.SplitAt(key);
            Assert.Equal(upper.Start, key);
            Assert.True(lower.IsAdjacentTo(upper) && upper.IsAdjacentTo(lower));
            Assert.Equal(HashKeyRange.All, lower.MergeWith(upper));
            Assert.Equal(HashKeyRange.All, upper.MergeWith(lower));
            Assert.False(lower.Contains(key));
            Assert.Throws<ArgumentException>(() => upper.SplitAt(key));
        }
    }

    [Fact]
    public void TheEndsOfTheSpaceDoNotTouch()
    {
        var low = new HashKeyRange(HashKey.Min, new HashKey(9));
        var high = new HashKeyRange(new HashKey(UInt128.MaxValue - 9), HashKey.Max);
        Assert.False(low.IsAdjacentTo(high));
        Assert.Throws<ArgumentException>(() => low.MergeWith(high));
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("340282366920938463463374607431768211455", true)]
    [InlineData("340282366920938463463374607431768211456", false)]
    [InlineData("00", false)]
    [InlineData("01", false)]
    [InlineData("-1", false)]
    [InlineData("+1", false)]
    [InlineData(" 1", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void HashKeysAreReadInAwsDecimalForm(string? text, bool valid)
    {
        Assert.Equal(valid, HashKey.TryParse(text, out var key));
        if (valid)
        {
            Assert.Equal(text, key.ToString());
        }
    }
}
