using System.Globalization;
using System.Numerics;
using Broker.Contracts.Shards;
using Xunit;

namespace Broker.Tests.Unit.Contracts.Streams;

public sealed class SequenceNumberTests
{
    private const int Seed = 20_261;

    [Fact]
    public void NumbersAreAwsLayoutIn56DigitsAndAreReadBack()
    {
        var random = new Random(Seed);
        for (var i = 0; i < 5_000; i++)
        {
            var number = Any(random);
            var text = number.ToString();
            Assert.Equal(SequenceNumber.Digits, text.Length);
            Assert.Equal(Reference(number).ToString(CultureInfo.InvariantCulture), text);
            Assert.True(SequenceNumber.TryParse(text, out var read));
            Assert.Equal(number, read);
        }
    }

    [Fact]
    public void NumbersSortAsTheirDecimals()
    {
        var random = new Random(Seed + 1);
        for (var i = 0; i < 5_000; i++)
        {
            var left = Any(random);
            var right = random.Next(3) == 0 ? left with { Position = left.Position + random.Next(3) - 1 & long.MaxValue } : Any(random);
            Assert.Equal(Math.Sign(Reference(left).CompareTo(Reference(right))), Math.Sign(left.CompareTo(right)));
            Assert.Equal(Math.Sign(left.CompareTo(right)), Math.Sign(string.CompareOrdinal(left.ToString(), right.ToString())));
        }
    }

    [Fact]
    public void TheNextRecordOfABlockIsAStrideFurther()
    {
        var number = new SequenceNumber(1_790_000_000, 4_097, 41, 1_790_000_100);
        var next = number with { Position = 42 };
        Assert.Equal((BigInteger)SequenceNumber.Stride, BigInteger.Parse(next.ToString(), CultureInfo.InvariantCulture) - BigInteger.Parse(number.ToString(), CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("12345678901234567890123456789012345678901234567890123456")]
    [InlineData("99999999999999999999999999999999999999999999999999999999")]
    [InlineData("4954698504855427243742394282334982348234823482348234823x")]
    public void WhatIsNotOfTheLayoutIsRefused(string? text) => Assert.False(SequenceNumber.TryParse(text, out _));

    [Fact]
    public void ShardIdsAreReadBackAndNothingElseIs()
    {
        Assert.Equal("shardId-000000000012", new ShardId(12).ToString());
        Assert.Equal(new ShardId(int.MaxValue), ShardId.Parse(new ShardId(int.MaxValue).ToString()));
        foreach (var wrong in new[] { "shardId-12", "shardid-000000000012", "shardId-00000000001x", "shardId--00000000012", "shardId-999999999999", "" })
        {
            Assert.False(ShardId.TryParse(wrong, out _));
        }
    }

    private static SequenceNumber Any(Random random) => new(
        random.NextInt64(1_100_000_000, 60_000_000_000),
        random.Next(2) == 0 ? random.Next(20) : random.Next(),
        random.NextInt64() >> random.Next(63),
        random.NextInt64(1_100_000_000, 60_000_000_000));

    /// <summary>The layout as the hexadecimal digits that AWS's numbers are made of.</summary>
    private static BigInteger Reference(SequenceNumber number) => BigInteger.Parse(
        string.Create(
            CultureInfo.InvariantCulture,
            $"02{number.ShardCreatedSecond:x9}{number.ShardIndex & 0xF:x1}{number.Position:x16}00{number.ArrivalSecond:x9}{number.ShardIndex:x8}2"),
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);
}
