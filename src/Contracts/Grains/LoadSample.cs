using Broker.Contracts.Streams;

namespace Broker.Contracts.Grains;

/// <summary>One record drawn from what a shard takes: what says where in its range the load lies.</summary>
/// <param name="Key">Where the gateway placed it.</param>
/// <param name="Bytes">Bytes of load that it stands for.</param>
[GenerateSerializer, Immutable]
[Alias("broker.LoadSample")]
public readonly record struct LoadSample([property: Id(0)] HashKey Key, [property: Id(1)] int Bytes);
