namespace Broker.Cli.Verify;

/// <summary>A set of numbers that mostly rise from 0 without gaps: a bit each, no bits at all below the first gap's word.</summary>
internal sealed class RecordSet
{
    private readonly Dictionary<long, ulong> words = [];
    private long fullWords;

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

        words[word] = bits | bit;
        while (words.TryGetValue(fullWords, out var first) && first == ulong.MaxValue)
        {
            words.Remove(fullWords++);
        }

        return true;
    }

    public bool Contains(long number) =>
        (number >> 6) < fullWords || (words.TryGetValue(number >> 6, out var bits) && (bits & (1UL << (int)(number & 63))) != 0);
}
