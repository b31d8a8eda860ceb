namespace Broker.Agent.Tailing;

/// <summary>Tells whether one content is another's beginning, as a copy in the making is.</summary>
internal static class SameStart
{
    private const int SampleBytes = 4096;

    /// <summary>Whether a file is as long as another or shorter, and both agree where it begins and where it ends.</summary>
    /// <exception cref="IOException">One cannot be read.</exception>
    public static bool Of(ILogSource copy, ILogSource original)
    {
        var length = copy.Length;
        if (length == 0 || length > original.Length)
        {
            return false;
        }

        var sample = (int)Math.Min(SampleBytes, length);
        return Agree(copy, original, 0, sample) && (!copy.IsGrowing || Agree(copy, original, length - sample, sample));
    }

    private static bool Agree(ILogSource copy, ILogSource original, long offset, int length)
    {
        var (left, right) = (new byte[length], new byte[length]);
        return Fingerprint.ReadWhole(copy, offset, left) == length && Fingerprint.ReadWhole(original, offset, right) == length && left.AsSpan().SequenceEqual(right);
    }
}
