namespace Broker.Contracts.Grains;

/// <summary>The end of a shard as its owner told it: everything before it was durable. The default is no knowledge.</summary>
/// <remarks>
/// Gateways carry it with their calls. A shard whose log, verified as current, ends before it, or is at an older epoch, has lost records:
/// its store was restored, or failed over to a standby that lagged. It says so and takes nothing more.
/// </remarks>
/// <param name="Position">The position after the last durable record.</param>
/// <param name="Epoch">The owner's epoch; 0 where it is not known.</param>
[GenerateSerializer, Immutable]
[Alias("broker.KnownEnd")]
public readonly record struct KnownEnd([property: Id(0)] long Position, [property: Id(1)] long Epoch);
