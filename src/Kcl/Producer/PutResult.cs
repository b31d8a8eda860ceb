using System.Globalization;
using System.Numerics;

namespace Broker.Kcl.Producer;

/// <summary>Where a record is, now that it is durable.</summary>
/// <remarks>A view of what the records of a batch share; its texts are made when they are asked for.</remarks>
public readonly struct PutResult : IEquatable<PutResult>
{
    private static readonly BigInteger Stride = BigInteger.One << 80;
    private readonly RecordPlace? place;
    private readonly int offset;
    private readonly int subSequenceNumber;
    private readonly IReadOnlyList<PutAttempt>? attempts;

    internal PutResult(RecordPlace place, int offset, int subSequenceNumber, IReadOnlyList<PutAttempt> attempts)
    {
        this.place = place;
        this.offset = offset;
        this.subSequenceNumber = subSequenceNumber;
        this.attempts = attempts;
    }

    /// <summary>The shard that took it.</summary>
    public string ShardId => place?.ShardId ?? "";

    /// <summary>Its sequence number, decimal; that of the aggregated record where it went in one.</summary>
    public string SequenceNumber => place is null ? "" : offset == 0
        ? place.FirstSequenceNumber
        : (BigInteger.Parse(place.FirstSequenceNumber, CultureInfo.InvariantCulture) + (Stride * offset)).ToString(CultureInfo.InvariantCulture);

    /// <summary>Its place in the aggregated record that holds it, from 0; 0 where it is a record of its own.</summary>
    public long SubSequenceNumber => subSequenceNumber;

    /// <summary>Every sending, oldest first; the last one succeeded.</summary>
    public IReadOnlyList<PutAttempt> Attempts => attempts ?? [];

    /// <summary>The same record.</summary>
    public bool Equals(PutResult other) =>
        ShardId == other.ShardId && SequenceNumber == other.SequenceNumber && SubSequenceNumber == other.SubSequenceNumber;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PutResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ShardId, SequenceNumber, SubSequenceNumber);

    /// <summary>Shard and sequence number.</summary>
    public override string ToString() => $"{ShardId} {SequenceNumber}";

    /// <summary>The same record.</summary>
    public static bool operator ==(PutResult left, PutResult right) => left.Equals(right);

    /// <summary>Not the same record.</summary>
    public static bool operator !=(PutResult left, PutResult right) => !left.Equals(right);
}
