namespace Broker.Gateway.Wire;

/// <summary>Field numbers of a record in a request. records.proto must match.</summary>
/// <param name="PartitionKey">Field of the partition key.</param>
/// <param name="Data">Field of the data.</param>
/// <param name="ExplicitHashKey">Field of the explicit hash key.</param>
internal readonly record struct RecordFields(int PartitionKey, int Data, int ExplicitHashKey)
{
    /// <summary>PutRecordsEntry.</summary>
    public static RecordFields Entry => new(1, 2, 3);

    /// <summary>PutRecordRequest, which is its own record.</summary>
    public static RecordFields PutRecord => new(2, 3, 4);

    /// <summary>The field of the records in PutRecordsRequest and in ProduceBatch.</summary>
    public const int Records = 2;

    /// <summary>The field of the stream's name in PutRecordRequest and PutRecordsRequest.</summary>
    public const int StreamName = 1;
}
