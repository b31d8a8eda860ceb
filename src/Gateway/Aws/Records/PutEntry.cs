using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Records;

/// <summary>AWS, PutRecordsRequestEntry: what its form must be. Requests are read without making these; one is made to word what is wrong.</summary>
internal sealed class PutEntry
{
    [Bounds(1, 256)]
    public string? PartitionKey { get; set; }

    [Pattern(Patterns.HashKey)]
    public string? ExplicitHashKey { get; set; }

    [Required, Bounds(0, RawRecord.MaxDataBytes)]
    public Blob? Data { get; set; }

    /// <summary>As AWS's messages show it.</summary>
    public override string ToString() => "com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@c965e310";
}
