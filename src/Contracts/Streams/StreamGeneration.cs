using System.Globalization;

namespace Broker.Contracts.Streams;

/// <summary>What a stream is keyed by: a number given to each creation, never given twice in an account.</summary>
/// <remarks>Names are not keys: a stream that is deleted and made anew has another generation, so nothing of the old one comes back.</remarks>
[GenerateSerializer, Immutable]
[Alias("broker.StreamGeneration")]
public readonly record struct StreamGeneration([property: Id(0)] long Value) : IComparable<StreamGeneration>
{
    public static StreamGeneration Parse(string text) => new(long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture));

    public int CompareTo(StreamGeneration other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(StreamGeneration left, StreamGeneration right) => left.Value < right.Value;

    public static bool operator >(StreamGeneration left, StreamGeneration right) => left.Value > right.Value;

    public static bool operator <=(StreamGeneration left, StreamGeneration right) => left.Value <= right.Value;

    public static bool operator >=(StreamGeneration left, StreamGeneration right) => left.Value >= right.Value;
}
