using System.Collections.Immutable;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Lineage;

/// <summary>Where a shard's log was sealed.</summary>
/// <param name="Position">Records it holds.</param>
/// <param name="ArrivalUnixMilliseconds">The seal's stamp, at or above every record's.</param>
public readonly record struct SealedEnd(long Position, long ArrivalUnixMilliseconds);

/// <summary>One step of a lineage: what is to be written together.</summary>
/// <param name="Lineage">The lineage after it.</param>
/// <param name="Closed">The parents, with their ends.</param>
/// <param name="Opened">The children.</param>
public sealed record LineageChange(StreamLineage Lineage, ImmutableArray<ShardDescription> Closed, ImmutableArray<ShardDescription> Opened);
