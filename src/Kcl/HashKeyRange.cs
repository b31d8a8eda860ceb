using System.Globalization;

namespace Broker.Kcl;

/// <summary>The hash keys that a shard takes.</summary>
/// <param name="Start">The first.</param>
/// <param name="End">The last; it belongs to the range.</param>
public readonly record struct HashKeyRange(UInt128 Start, UInt128 End)
{
    /// <summary>The whole hash space.</summary>
    public static HashKeyRange All => new(UInt128.MinValue, UInt128.MaxValue);

    /// <summary>Whether a hash key lies in it.</summary>
    public bool Contains(UInt128 key) => Start <= key && key <= End;

    internal static HashKeyRange Of(V1.HashKeyRange range) => new(
        UInt128.Parse(range.StartingHashKey, CultureInfo.InvariantCulture), UInt128.Parse(range.EndingHashKey, CultureInfo.InvariantCulture));
}
