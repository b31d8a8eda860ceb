namespace Broker.Cli.Verify;

/// <summary>A shard's records and their places, summed up: two are equal only if each record is at the same place in both.</summary>
internal sealed class PlaceDigest
{
    private ulong sum;

    public long Count { get; private set; }

    public void Add(VerifyRecord record, string sequenceNumber)
    {
        Count++;

        // A sum does not mind the order, and each place adds 64 bits of its own.
        sum += ((ulong)(uint)HashCode.Combine(record, sequenceNumber) << 32) | (uint)HashCode.Combine(sequenceNumber, record);
    }

    public bool Matches(PlaceDigest? other) => (other?.sum ?? 0) == sum && (other?.Count ?? 0) == Count;
}
