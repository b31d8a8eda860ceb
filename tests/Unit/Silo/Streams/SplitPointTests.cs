using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Scaling;
using Xunit;

namespace Broker.Tests.Unit.Silo.Streams;

public sealed class SplitPointTests
{
    [Fact]
    public void Any_load_is_parted_well_or_not_at_all()
    {
        var (parted, left) = (0, 0);
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var start = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64());
            var range = new HashKeyRange(new HashKey(start), new HashKey(start + (UInt128)random.Next(4, 1_000_000)));
            var keys = Enumerable.Range(0, random.Next(1, 40)).Select(_ => Inside(range, random)).ToArray();
            var skew = random.NextDouble() * 4;
            ImmutableArray<LoadSample> samples =
            [
                .. Enumerable.Range(0, random.Next(0, 300)).Select(_ =>
                    new LoadSample(keys[(int)(keys.Length * Math.Pow(random.NextDouble(), skew))], random.Next(1, 10_000))),
            ];
            var total = samples.Sum(static sample => (long)sample.Bytes);
            if (SplitPoint.Of(range, samples) is { } key)
            {
                parted++;
                var lower = samples.Where(sample => sample.Key < key).Sum(static sample => (long)sample.Bytes);
                Assert.True(Math.Min(lower, total - lower) * SplitPoint.LeastPart >= total, $"seed {seed}");
                Assert.True(key.Value - range.Start.Value >= 2 && key < range.End, $"seed {seed}");
                Assert.True(samples.Max(sample => sample.Key) >= key && samples.Min(sample => sample.Key) < key, $"seed {seed}");
            }
            else
            {
                // No key would have parted it, whichever one tries.
                left++;
                Assert.True(
                    samples.Length < SplitPoint.MinSamples || keys.All(tried =>
                    {
                        var lower = samples.Where(sample => sample.Key < tried).Sum(static sample => (long)sample.Bytes);
                        return tried.Value - range.Start.Value < 2 || tried >= range.End || Math.Min(lower, total - lower) * SplitPoint.LeastPart < total;
                    }),
                    $"seed {seed}");
            }
        }

        Assert.InRange(parted, 200, 1_800);
        Assert.InRange(left, 200, 1_800);
    }

    [Theory]
    [InlineData(0.85)]
    [InlineData(1.0)]
    public void A_single_key_is_never_split_for(double share)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var hot = Inside(HashKeyRange.All, random);
            ImmutableArray<LoadSample> samples =
            [
                .. Enumerable.Range(0, 256).Select(i => new LoadSample(i < 256 * share ? hot : Inside(HashKeyRange.All, random), 4_096)),
            ];
            Assert.Null(SplitPoint.Of(HashKeyRange.All, samples));
        }
    }

    [Fact]
    public void An_even_load_is_parted_in_its_middle_and_a_skewed_one_where_its_half_lies()
    {
        var even = Enumerable.Range(0, 256).Select(i => new LoadSample(new HashKey((UInt128)(1_000 + i)), 1));
        Assert.Equal(new HashKey(1_128), SplitPoint.Of(HashKeyRange.All, [.. even]));
        var skewed = Enumerable.Range(0, 256).Select(i => new LoadSample(new HashKey((UInt128)(1_000 + i)), i < 64 ? 3 : 1));
        Assert.Equal(new HashKey(1_064), SplitPoint.Of(HashKeyRange.All, [.. skewed]));
    }

    private static HashKey Inside(HashKeyRange range, Random random)
    {
        var width = range.End.Value - range.Start.Value;
        var value = new UInt128((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));
        return new HashKey(range.Start.Value + (width == UInt128.MaxValue ? value : value % (width + 1)));
    }
}
