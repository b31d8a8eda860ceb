using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Broker.Contracts.Shards;

/// <summary>
/// A record's place in its shard, in AWS's bit layout (version 2): 186 bits, which read as 56 decimal digits.
/// </summary>
/// <remarks>
/// In hexadecimal digits, high to low: <c>2</c>, 9 of the shard's creation second, 1 of the shard index's low nibble, 16 of the
/// position, <c>00</c>, 9 of the arrival second, 8 of the shard index, <c>2</c>. So numbers of one shard rise with the position,
/// by <see cref="Stride"/> from one record of a block to the next, and a child's are above its parents' because its creation
/// second is.
/// </remarks>
/// <param name="ShardCreatedSecond">Unix second that leads the shard's numbers: max(creation, parents' + 1); 0 to 2^36-1.</param>
/// <param name="ShardIndex">The shard's index in its stream.</param>
/// <param name="Position">The record's dense index in the shard, from 0.</param>
/// <param name="ArrivalSecond">Unix second of the arrival stamp; 0 to 2^36-1.</param>
[GenerateSerializer, Immutable]
[Alias("broker.SequenceNumber")]
public readonly record struct SequenceNumber(
    [property: Id(0)] long ShardCreatedSecond,
    [property: Id(1)] int ShardIndex,
    [property: Id(2)] long Position,
    [property: Id(3)] long ArrivalSecond) : IComparable<SequenceNumber>
{
    /// <summary>Decimal digits of every number made in the years 2004 to 4147.</summary>
    public const int Digits = 56;

    /// <summary>What one record of a block adds to the number of the record before it: 2^80.</summary>
    public static UInt128 Stride => UInt128.One << 80;

    private const ulong TenTo19 = 10_000_000_000_000_000_000;
    private const long MaxSecond = (1L << 36) - 1;

    /// <summary>Writes the decimal digits; the span must hold <see cref="Digits"/> + 1.</summary>
    /// <returns>Characters written.</returns>
    public int Format(Span<char> destination)
    {
        ToWords(out var high, out var middle, out var low);

        // Base 10^19 digits by long division of the 192-bit number.
        var lowest = DivideByTenTo19(ref high, ref middle, ref low);
        var second = DivideByTenTo19(ref high, ref middle, ref low);
        low.TryFormat(destination, out var written, default, CultureInfo.InvariantCulture);
        second.TryFormat(destination[written..], out _, "D19", CultureInfo.InvariantCulture);
        lowest.TryFormat(destination[(written + 19)..], out _, "D19", CultureInfo.InvariantCulture);
        return written + 38;
    }

    /// <summary>Reads a number in this layout; anything else, however well-formed as a decimal, is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SequenceNumber number)
    {
        number = default;
        if (text is null || text.Length is < 50 or > Digits + 1 || text[0] == '0' || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        ulong high = 0, middle = 0, low = 0;
        foreach (var digit in text)
        {
            var carry = (UInt128)low * 10 + (ulong)(digit - '0');
            low = (ulong)carry;
            carry = (UInt128)middle * 10 + (ulong)(carry >> 64);
            middle = (ulong)carry;
            carry = (UInt128)high * 10 + (ulong)(carry >> 64);
            high = (ulong)carry;
            if ((carry >> 64) != 0)
            {
                return false;
            }
        }

        // 47 hexadecimal digits: 15 in high, 16 in middle, 16 in low.
        if (high >> 56 != 2 || (low & 0xF) != 2)
        {
            return false;
        }

        var created = (long)((high >> 20) & 0xF_FFFF_FFFF);
        var nibble = (int)((high >> 16) & 0xF);
        var position = (long)(((high & 0xFFFF) << 48) | (middle >> 16));
        var zeros = (middle >> 8) & 0xFF;
        var second = (long)(((middle & 0xFF) << 28) | (low >> 36));
        var shard = (uint)(low >> 4);
        if (zeros != 0 || position < 0 || shard > int.MaxValue || (shard & 0xF) != nibble)
        {
            return false;
        }

        number = new SequenceNumber(created, (int)shard, position, second);
        return true;
    }

    public int CompareTo(SequenceNumber other)
    {
        ToWords(out var high, out var middle, out var low);
        other.ToWords(out var otherHigh, out var otherMiddle, out var otherLow);
        return high != otherHigh ? high.CompareTo(otherHigh)
            : middle != otherMiddle ? middle.CompareTo(otherMiddle)
            : low.CompareTo(otherLow);
    }

    public override string ToString()
    {
        Span<char> digits = stackalloc char[Digits + 2];
        return new string(digits[..Format(digits)]);
    }

    public static bool operator <(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) < 0;

    public static bool operator >(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) > 0;

    public static bool operator <=(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SequenceNumber left, SequenceNumber right) => left.CompareTo(right) >= 0;

    private void ToWords(out ulong high, out ulong middle, out ulong low)
    {
        var created = (ulong)Math.Clamp(ShardCreatedSecond, 0, MaxSecond);
        var second = (ulong)Math.Clamp(ArrivalSecond, 0, MaxSecond);
        var position = (ulong)Position;
        high = (2UL << 56) | (created << 20) | ((ulong)(ShardIndex & 0xF) << 16) | (position >> 48);
        middle = (position << 16) | (second >> 28);
        low = (second << 36) | ((ulong)(uint)ShardIndex << 4) | 2UL;
    }

    private static ulong DivideByTenTo19(ref ulong high, ref ulong middle, ref ulong low)
    {
        var remainder = high % TenTo19;
        high /= TenTo19;
        (var quotient, remainder) = Divide(remainder, middle);
        middle = quotient;
        (quotient, remainder) = Divide(remainder, low);
        low = quotient;
        return remainder;
    }

    private static (ulong Quotient, ulong Remainder) Divide(ulong upper, ulong lower)
    {
        var (quotient, remainder) = UInt128.DivRem(new UInt128(upper, lower), TenTo19);
        return ((ulong)quotient, (ulong)remainder);
    }
}
