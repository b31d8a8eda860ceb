namespace Broker.Gateway.Aws.Shapes;

/// <summary>What a value on AWS's wire is (Smithy's shapes, as far as Kinesis has them).</summary>
internal enum ShapeKind
{
    String,
    Integer,
    Long,
    Boolean,
    Timestamp,
    Blob,
    List,
    Map,
    Structure,
}
