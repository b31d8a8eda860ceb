namespace Broker.Contracts.Streams;

/// <summary>An inclusive range of hash keys: what one shard takes.</summary>
/// <remarks>The open shards of a stream always cover 0 to 2^128-1 with neither gap nor overlap.</remarks>
[GenerateSerializer, Immutable]
[Alias("broker.HashKeyRange")]
public readonly record struct HashKeyRange([property: Id(0)] HashKey Start, [property: Id(1)] HashKey End)
{
    public static HashKeyRange All => new(HashKey.Min, HashKey.Max);

    /// <summary>The key that halves the range; null where it has fewer than four keys, so that no half is a single one.</summary>
    public HashKey? Middle => End.Value - Start.Value < 3 ? null : new HashKey(Start.Value + ((End.Value - Start.Value) / 2) + 1);

    public bool Contains(HashKey key) => key >= Start && key <= End;

    public bool Contains(HashKeyRange other) => other.Start >= Start && other.End <= End;

    /// <summary>True when the two ranges touch, so that their union is one range.</summary>
    public bool IsAdjacentTo(HashKeyRange other) =>
        (End != HashKey.Max && End.Value + 1 == other.Start.Value) || (other.End != HashKey.Max && other.End.Value + 1 == Start.Value);

    /// <summary>The union of two adjacent ranges.</summary>
    /// <exception cref="ArgumentException">The ranges are not adjacent.</exception>
    public HashKeyRange MergeWith(HashKeyRange other)
    {
        if (!IsAdjacentTo(other))
        {
            throw new ArgumentException($"The ranges {this} and {other} are not adjacent.", nameof(other));
        }

        return new HashKeyRange(Start < other.Start ? Start : other.Start, End > other.End ? End : other.End);
    }

    /// <summary>Splits so that <paramref name="newStart"/> and above go to the second part (AWS, SplitShard).</summary>
    /// <exception cref="ArgumentException"><paramref name="newStart"/> does not lie strictly above the start and up to the end.</exception>
    public (HashKeyRange Lower, HashKeyRange Upper) SplitAt(HashKey newStart)
    {
        if (newStart <= Start || newStart > End)
        {
            throw new ArgumentException($"{newStart} does not split {this}.", nameof(newStart));
        }

        return (new HashKeyRange(Start, new HashKey(newStart.Value - 1)), new HashKeyRange(newStart, End));
    }

    /// <summary>The ranges of <paramref name="count"/> equal shards: AWS starts shard i at floor(2^128 / count) * i.</summary>
    /// <param name="count">Shards, at least 1.</param>
    public static IReadOnlyList<HashKeyRange> Uniform(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (count == 1)
        {
            return [All];
        }

        // floor(2^128 / count) without a 129-bit number: (2^128 - 1) / count, corrected where count divides 2^128.
        var width = (UInt128.MaxValue / (UInt128)count) + (UInt128.MaxValue % (UInt128)count == (UInt128)(count - 1) ? UInt128.One : 0);
        var ranges = new HashKeyRange[count];
        for (var i = 0; i < count; i++)
        {
            var start = width * (UInt128)i;
            var end = i == count - 1 ? UInt128.MaxValue : start + width - 1;
            ranges[i] = new HashKeyRange(new HashKey(start), new HashKey(end));
        }

        return ranges;
    }

    public override string ToString() => $"[{Start}, {End}]";
}
