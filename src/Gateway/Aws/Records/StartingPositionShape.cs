using Broker.Gateway.Aws.Shapes;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Gateway.Aws.Records;

/// <summary>AWS, StartingPosition.</summary>
internal sealed class StartingPositionShape
{
    [Required, OneOf("AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON")]
    public string? Type { get; set; }

    [Pattern(Patterns.SequenceNumber)]
    public string? SequenceNumber { get; set; }

    public DateTimeOffset? Timestamp { get; set; }

    public static V1.StartingPosition ToMessage(string type, string? sequenceNumber, DateTimeOffset? timestamp) => new()
    {
        Type = type switch
        {
            "AT_SEQUENCE_NUMBER" => V1.ShardIteratorType.AtSequenceNumber,
            "AFTER_SEQUENCE_NUMBER" => V1.ShardIteratorType.AfterSequenceNumber,
            "TRIM_HORIZON" => V1.ShardIteratorType.TrimHorizon,
            "LATEST" => V1.ShardIteratorType.Latest,
            _ => V1.ShardIteratorType.AtTimestamp,
        },
        SequenceNumber = sequenceNumber ?? "",
        Timestamp = timestamp is { } time ? ToTimestamp(time) : null,
    };

    private static Timestamp ToTimestamp(DateTimeOffset time) =>
        global::Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(time);
}
