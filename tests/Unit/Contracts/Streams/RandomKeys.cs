using Broker.Contracts.Streams;

namespace Broker.Tests.Unit.Contracts.Streams;

internal static class RandomKeys
{
    /// <summary>Any key; every bit length is as likely, so that small ones and the ends come up.</summary>
    public static HashKey Next(Random random)
    {
        var value = new UInt128((ulong)random.NextInt64(long.MinValue, long.MaxValue), (ulong)random.NextInt64(long.MinValue, long.MaxValue));
        return new HashKey(value >> random.Next(128));
    }

    /// <summary>A key that splits a range of at least two.</summary>
    public static HashKey Inside(Random random, HashKeyRange range)
    {
        var width = range.End.Value - range.Start.Value;
        return new HashKey(range.Start.Value + 1 + (Next(random).Value % width));
    }
}
