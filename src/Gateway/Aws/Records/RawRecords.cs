using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using Broker.Gateway.Appending;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Records;

/// <summary>A request's records on their way into blocks.</summary>
internal sealed class RawRecords(List<RawRecord> records) : IRecordSource
{
    public string? Encode(BatchEncoder encoder, StreamRoute route, RecordSpread spread, out EncodedBatch? batch)
    {
        encoder.Begin(route);
        string? fault = null;
        byte[]? scratch = null;
        foreach (ref readonly var record in CollectionsMarshal.AsSpan(records))
        {
            var data = record.Data.Encoded.Span;
            if (record.Data.IsBase64)
            {
                if (scratch is null || scratch.Length < record.Data.Length)
                {
                    Return(scratch);
                    scratch = ArrayPool<byte>.Shared.Rent(record.Data.Length);
                }

                Base64.DecodeFromUtf8(data, scratch, out _, out var length);
                data = scratch.AsSpan(0, length);
            }

            fault = encoder.Add(record.PartitionKey.Span, data, record.ExplicitHashKey.Span, route, spread);
            if (fault is not null)
            {
                break;
            }
        }

        Return(scratch);
        return encoder.End(route, fault, out batch);
    }

    private static void Return(byte[]? scratch)
    {
        if (scratch is not null)
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
