using System.Numerics;

namespace Broker.Cli.Verify;

/// <summary>A set of numbers that mostly rise from 0 without gaps: a bit each, no bits at all below the first gap's word.</summary>
internal sealed class RecordSet
{
    private readonly Dictionary<long, ulong> words;
    private long fullWords;

    public RecordSet() => words = [];

    private RecordSet(RecordSet other) => (words, fullWords, Count) = (new Dictionary<long, ulong>(other.words), other.fullWords, other.Count);

    public long Count { get; private set; }

    /// <summary>Adds a number.</summary>
    /// <returns>False if it was there.</returns>
    public bool Add(long number)
    {
        var word = number >> 6;
        var bit = 1UL << (int)(number & 63);
        if (word < fullWords)
        {
            return false;
        }

        var bits = words.GetValueOrDefault(word);
        if ((bits & bit) != 0)
        {
            return false;
        }

        Count++;
        words[word] = bits | bit;
        while (words.TryGetValue(fullWords, out var first) && first == ulong.MaxValue)
        {
            words.Remove(fullWords++);
        }

        return true;
    }

    public bool Contains(long number) => (Word(number >> 6) & (1UL << (int)(number & 63))) != 0;

    public RecordSet Copy() => new(this);

    /// <summary>The numbers that another set does not have, rising among those without gaps; null is the empty set.</summary>
    public IEnumerable<long> Except(RecordSet? other)
    {
        // What both have without gaps needs no look.
        for (var word = Math.Min(fullWords, other?.fullWords ?? 0); word < fullWords; word++)
        {
            foreach (var number in Numbers(word, ~(other?.Word(word) ?? 0)))
            {
                yield return number;
            }
        }

        foreach (var (word, bits) in words)
        {
            foreach (var number in Numbers(word, bits & ~(other?.Word(word) ?? 0)))
            {
                yield return number;
            }
        }
    }

    private static IEnumerable<long> Numbers(long word, ulong bits)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            yield return (word << 6) + BitOperations.TrailingZeroCount(bits);
        }
    }

    private ulong Word(long word) => word < fullWords ? ulong.MaxValue : words.GetValueOrDefault(word);
}
