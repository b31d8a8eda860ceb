using Broker.Cli.Client;

namespace Broker.Cli.Verify;

/// <summary>What <c>broker verify</c> does.</summary>
internal sealed record VerifyOptions
{
    /// <summary>Producers, each with a session of its own.</summary>
    public int Producers { get; init; } = 4;

    /// <summary>Partition keys of each producer.</summary>
    public int KeysPerProducer { get; init; } = 64;

    /// <summary>Records a second over all producers; null as fast as it goes.</summary>
    public double? RecordsPerSecond { get; init; } = 5_000;

    /// <summary>Records in all; null for no bound.</summary>
    public long? Records { get; init; }

    /// <summary>How long to put.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Size of a record's data.</summary>
    public int RecordBytes { get; init; } = 200;

    /// <summary>Records of a batch, at most.</summary>
    public int BatchRecords { get; init; } = 50;

    /// <summary>Batches that a producer has unacknowledged at most; with 1 nothing can overtake what the broker refused for a while.</summary>
    public int InFlightBatches { get; init; } = new ProducerOptions().MaxInFlightBatches;

    /// <summary>How long readers may make no progress at all, once all is put, until what they owe is taken for lost.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
