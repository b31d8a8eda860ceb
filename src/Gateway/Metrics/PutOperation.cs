namespace Broker.Gateway.Metrics;

/// <summary>The calls that put records; their names are the metrics' <c>operation</c>.</summary>
public enum PutOperation
{
    PutRecord,
    PutRecords,

    /// <summary>A batch of a Produce call.</summary>
    Produce,
}
