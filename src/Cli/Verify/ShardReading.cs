using Broker.Contracts.Shards;

namespace Broker.Cli.Verify;

/// <summary>How far one reader is in one shard, and when it began and finished it.</summary>
internal sealed class ShardReading
{
    /// <summary>The sequence number of the first record; null before it.</summary>
    public string? First { get; private set; }

    /// <summary>That of the last record so far.</summary>
    public string? Last { get; private set; }

    /// <summary>When the first record came, as a count of what happened before.</summary>
    public long BegunAt { get; private set; }

    /// <summary>When the shard's end came; null before it.</summary>
    public long? FinishedAt { get; set; }

    /// <summary>Takes the next record's number.</summary>
    /// <returns>False where it is not above the last.</returns>
    public bool Take(string sequenceNumber, long now)
    {
        var rises = Last is null || IsAbove(sequenceNumber, Last);
        if (First is null)
        {
            First = sequenceNumber;
            BegunAt = now;
        }

        Last = sequenceNumber;
        return rises;
    }

    public static bool IsAbove(string number, string other) => SequenceNumber.TryParse(number, out var left) && SequenceNumber.TryParse(other, out var right)
        ? left > right
        : number.Length != other.Length ? number.Length > other.Length : string.CompareOrdinal(number, other) > 0;
}
