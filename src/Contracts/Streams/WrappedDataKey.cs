using System.Collections.Immutable;

namespace Broker.Contracts.Streams;

/// <summary>A data key as it is stored: useless without the master key that wraps it.</summary>
/// <param name="Generation">Its number in the stream, from 1, never given twice; blocks name it.</param>
/// <param name="MasterKeyId">The master key, as the key provider names it: never an alias, which may come to mean another.</param>
/// <param name="Wrapped">The key provider's own bytes, at most 6 KiB.</param>
/// <param name="CreatedUnixMilliseconds">When it became the stream's.</param>
[GenerateSerializer, Immutable]
[Alias("broker.WrappedDataKey")]
public sealed record WrappedDataKey(
    [property: Id(0)] uint Generation,
    [property: Id(1)] string MasterKeyId,
    [property: Id(2)] ImmutableArray<byte> Wrapped,
    [property: Id(3)] long CreatedUnixMilliseconds)
{
    /// <summary>Most bytes of <see cref="Wrapped"/>.</summary>
    public const int MaxWrappedBytes = 6 * 1024;
}
