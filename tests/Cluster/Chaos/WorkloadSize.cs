namespace Broker.Tests.Cluster.Chaos;

/// <summary>How much load a run makes.</summary>
internal sealed record WorkloadSize
{
    /// <summary>Shards at first.</summary>
    public int Shards { get; init; } = 8;

    /// <summary>Producers over gRPC of one key and 20 records a second each.</summary>
    public int Lanes { get; init; } = 16;

    /// <summary>Producers over gRPC of 32 keys and 200 records a second each, with many batches in flight.</summary>
    public int Pipelined { get; init; } = 2;

    /// <summary>Producers over the AWS wire, JSON and CBOR in turn.</summary>
    public int AwsProducers { get; init; } = 2;

    /// <summary>Attempts that they make of a call.</summary>
    public int AwsAttempts { get; init; } = 5;

    /// <summary>Whether shards are split and merged all along.</summary>
    public bool Reshards { get; init; } = true;
}
