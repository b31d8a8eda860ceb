namespace Broker.Gateway.Wire;

/// <summary>One record of a request, as spans into it.</summary>
internal readonly ref struct RecordFieldReader
{
    private RecordFieldReader(ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> explicitHashKey)
    {
        PartitionKey = partitionKey;
        Data = data;
        ExplicitHashKey = explicitHashKey;
    }

    public ReadOnlySpan<byte> PartitionKey { get; }

    public ReadOnlySpan<byte> Data { get; }

    public ReadOnlySpan<byte> ExplicitHashKey { get; }

    /// <returns>False where the bytes are no protobuf. Of a field that comes twice, the last one counts; unknown ones are passed over.</returns>
    public static bool TryRead(ReadOnlySpan<byte> message, RecordFields fields, out RecordFieldReader record)
    {
        ReadOnlySpan<byte> partitionKey = default, data = default, explicitHashKey = default;
        var reader = new ProtoReader(message);
        while (reader.TryNext())
        {
            if (reader.IsBytes(fields.Data))
            {
                data = reader.Bytes;
            }
            else if (reader.IsBytes(fields.PartitionKey))
            {
                partitionKey = reader.Bytes;
            }
            else if (reader.IsBytes(fields.ExplicitHashKey))
            {
                explicitHashKey = reader.Bytes;
            }
        }

        record = new RecordFieldReader(partitionKey, data, explicitHashKey);
        return !reader.IsMalformed;
    }
}
