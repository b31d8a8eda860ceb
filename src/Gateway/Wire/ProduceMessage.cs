using Google.Protobuf;

namespace Broker.Gateway.Wire;

/// <summary>A ProduceRequest in place: which message it holds and that message's bytes. records.proto must match.</summary>
internal readonly ref struct ProduceMessage
{
    private const int OpenField = 1;
    private const int BatchField = 2;
    private const int BatchNumberField = 1;
    private const int TraceParentField = 3;

    private ProduceMessage(bool isOpen, ReadOnlySpan<byte> content)
    {
        IsOpen = isOpen;
        Content = content;
    }

    /// <summary>True for open, false for a batch.</summary>
    public bool IsOpen { get; }

    /// <summary>The bytes of the ProduceOpen or ProduceBatch.</summary>
    public ReadOnlySpan<byte> Content { get; }

    /// <returns>False where the bytes are no protobuf, or hold neither message or more than one.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ProduceMessage message)
    {
        message = default;
        var found = 0;
        var reader = new ProtoReader(bytes);
        while (reader.TryNext())
        {
            if (reader.IsBytes(OpenField) || reader.IsBytes(BatchField))
            {
                message = new ProduceMessage(reader.Field == OpenField, reader.Bytes);
                found++;
            }
        }

        return !reader.IsMalformed && found == 1;
    }

    /// <returns>Null where the bytes are malformed.</returns>
    public V1.ProduceOpen? ReadOpen()
    {
        try
        {
            return V1.ProduceOpen.Parser.ParseFrom(Content);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <returns>The batch's number; null where the bytes are malformed.</returns>
    public ulong? ReadBatchNumber()
    {
        var number = 0UL;
        var reader = new ProtoReader(Content);
        while (reader.TryNext())
        {
            if (reader.Field == BatchNumberField && reader.WireType == 0)
            {
                number = reader.Value;
            }
        }

        return reader.IsMalformed ? null : number;
    }

    /// <returns>The span that the batch belongs to, in the form of W3C's traceparent; empty where there is none.</returns>
    public ReadOnlySpan<byte> ReadTraceParent()
    {
        var found = ReadOnlySpan<byte>.Empty;
        var reader = new ProtoReader(Content);
        while (reader.TryNext())
        {
            if (reader.IsBytes(TraceParentField))
            {
                found = reader.Bytes;
            }
        }

        return found;
    }
}
