namespace Broker.Gateway.Compression;

/// <summary>Tells which blocks of a shard are worth an attempt: data that did not shrink is tried ever more rarely, at last one block in 32.</summary>
/// <remarks>Counts blocks, not time: a shard that takes little spends little. Not thread-safe.</remarks>
internal sealed class CompressionBackOff
{
    private const int MaxSkipped = 31;

    private int skipAfterMiss;
    private int toSkip;

    /// <summary>Asked once a block.</summary>
    public bool IsDue()
    {
        if (toSkip == 0)
        {
            return true;
        }

        toSkip--;
        return false;
    }

    /// <summary>Told of the outcome of each attempt.</summary>
    public void Tried(bool didShrink)
    {
        skipAfterMiss = didShrink ? 0 : Math.Min((skipAfterMiss * 2) + 1, MaxSkipped);
        toSkip = skipAfterMiss;
    }
}
