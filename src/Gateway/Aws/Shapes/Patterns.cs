namespace Broker.Gateway.Aws.Shapes;

/// <summary>The patterns of AWS's model, kinesis 2013-12-02.</summary>
internal static class Patterns
{
    public const string Name = "[a-zA-Z0-9_.-]+";
    public const string StreamArn = @"arn:aws.*:kinesis:.*:\d{12}:stream/\S+";
    public const string ConsumerArn = @"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+";
    public const string ResourceArn = @"arn:aws.*:kinesis:.*:\d{12}:.*stream/\S+";
    public const string StreamId = "[a-z0-9]{20}-[a-z0-9]{3}";
    public const string HashKey = @"0|([1-9]\d{0,38})";
    public const string SequenceNumber = @"0|([1-9]\d{0,128})";
}
