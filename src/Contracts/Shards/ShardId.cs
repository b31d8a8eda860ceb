using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Broker.Contracts.Shards;

/// <summary>A shard's number within its stream, written <c>shardId-%012d</c>. A child's number is higher than its parents'.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.ShardId")]
public readonly record struct ShardId([property: Id(0)] int Index) : IComparable<ShardId>
{
    private const string Prefix = "shardId-";

    public static bool TryParse([NotNullWhen(true)] string? text, out ShardId id)
    {
        id = default;
        if (text is null || text.Length != Prefix.Length + 12 || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        if (!int.TryParse(text.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            return false;
        }

        id = new ShardId(index);
        return true;
    }

    /// <exception cref="FormatException">The text is not a shard id.</exception>
    public static ShardId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a shard id: shardId- and 12 digits.");

    public int CompareTo(ShardId other) => Index.CompareTo(other.Index);

    /// <summary>Writes the id; the span must hold 20 characters.</summary>
    /// <returns>Characters written.</returns>
    public int Format(Span<char> destination)
    {
        Prefix.CopyTo(destination);
        Index.TryFormat(destination[Prefix.Length..], out var written, "D12", CultureInfo.InvariantCulture);
        return Prefix.Length + written;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Index:D12}");

    public static bool operator <(ShardId left, ShardId right) => left.Index < right.Index;

    public static bool operator >(ShardId left, ShardId right) => left.Index > right.Index;

    public static bool operator <=(ShardId left, ShardId right) => left.Index <= right.Index;

    public static bool operator >=(ShardId left, ShardId right) => left.Index >= right.Index;
}
