namespace Broker.Contracts.Streams;

/// <summary>A registered consumer of a stream (enhanced fan-out). Its ARN ends with its creation second.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.ConsumerDescription")]
public sealed record ConsumerDescription(
    [property: Id(0)] string Name,
    [property: Id(1)] ConsumerStatus Status,
    [property: Id(2)] long CreatedUnixMilliseconds);
