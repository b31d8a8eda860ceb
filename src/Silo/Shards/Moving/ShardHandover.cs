using System.Collections.Immutable;
using Broker.Contracts.Streams;

namespace Broker.Silo.Shards.Moving;

/// <summary>What a shard's activation gives to the next one on another silo, so that it need not read what this one knows.</summary>
/// <remarks>Nothing rests on it: the new owner opens the log as ever, and uses what it was given only where the log is where it was left.</remarks>
/// <param name="Shard">As its lineage has it.</param>
/// <param name="Parents">Its parents.</param>
/// <param name="Stream">Its stream's settings; gateways bring newer versions to light.</param>
/// <param name="Writer">The state of its writer; null where it had none.</param>
[GenerateSerializer, Immutable]
[Alias("broker.ShardHandover")]
internal sealed record ShardHandover(
    [property: Id(0)] ShardDescription Shard,
    [property: Id(1)] ImmutableArray<ShardDescription> Parents,
    [property: Id(2)] StreamDescription Stream,
    [property: Id(3)] WriterHandover? Writer);

/// <summary>What a writer knew when it let go.</summary>
/// <param name="Epoch">Its epoch: the next one's is one above, unless another was in between.</param>
/// <param name="NextOrdinal">Where the log ended.</param>
/// <param name="Producers">The producers' state, in the bytes of a snapshot block (docs/layouts/producers.md).</param>
/// <param name="BytesSinceState">Bytes since the last snapshot in the log.</param>
[GenerateSerializer, Immutable]
[Alias("broker.WriterHandover")]
internal sealed record WriterHandover(
    [property: Id(0)] long Epoch, [property: Id(1)] long NextOrdinal, [property: Id(2)] ReadOnlyMemory<byte> Producers, [property: Id(3)] long BytesSinceState);
