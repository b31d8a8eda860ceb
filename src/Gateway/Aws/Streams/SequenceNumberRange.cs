namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, SequenceNumberRange.</summary>
internal sealed class SequenceNumberRange
{
    public string? StartingSequenceNumber { get; set; }

    public string? EndingSequenceNumber { get; set; }
}
