using System.Globalization;

namespace Broker.Kcl.Consumer;

/// <summary>A record's place in its shard; places of one shard can be compared.</summary>
/// <param name="SequenceNumber">Decimal.</param>
/// <param name="SubSequenceNumber">
/// The place in an aggregated record, from 0; null for a whole record: it stands behind all its parts.
/// </param>
public readonly record struct RecordPosition(string SequenceNumber, long? SubSequenceNumber = null) : IComparable<RecordPosition>
{
    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is no position.</exception>
    public static RecordPosition Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var number = colon < 0 ? text : text[..colon];
        long sub = 0;
        return IsNumber(number) && (colon < 0 || long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out sub))
            ? new RecordPosition(number, colon < 0 ? null : sub)
            : throw new FormatException($"'{text}' is not a record's position: it must be a sequence number, or one, a colon and a sub-sequence number.");
    }

    /// <inheritdoc/>
    public int CompareTo(RecordPosition other)
    {
        var order = Compare(SequenceNumber, other.SequenceNumber);
        return order != 0 ? order : (SubSequenceNumber ?? long.MaxValue).CompareTo(other.SubSequenceNumber ?? long.MaxValue);
    }

    /// <summary>The sequence number, and with a sub-sequence number a colon and that.</summary>
    public override string ToString() => SubSequenceNumber is { } sub ? string.Create(CultureInfo.InvariantCulture, $"{SequenceNumber}:{sub}") : SequenceNumber;

    /// <summary>Before.</summary>
    public static bool operator <(RecordPosition left, RecordPosition right) => left.CompareTo(right) < 0;

    /// <summary>Before or the same.</summary>
    public static bool operator <=(RecordPosition left, RecordPosition right) => left.CompareTo(right) <= 0;

    /// <summary>After.</summary>
    public static bool operator >(RecordPosition left, RecordPosition right) => left.CompareTo(right) > 0;

    /// <summary>After or the same.</summary>
    public static bool operator >=(RecordPosition left, RecordPosition right) => left.CompareTo(right) >= 0;

    /// <summary>Orders decimal numbers without leading zeros.</summary>
    internal static int Compare(string one, string other)
    {
        one ??= "";
        other ??= "";
        return one.Length != other.Length ? one.Length.CompareTo(other.Length) : string.CompareOrdinal(one, other);
    }

    internal static bool IsNumber(string text) =>
        text is { Length: > 0 and <= 129 } && (text[0] != '0' || text.Length == 1) && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0;
}
