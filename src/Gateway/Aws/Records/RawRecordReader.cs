using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Records;

/// <summary>Reads records out of bodies without making objects of them.</summary>
internal static class RawRecordReader
{
    private static ReadOnlySpan<byte> PartitionKey => "PartitionKey"u8;

    private static ReadOnlySpan<byte> ExplicitHashKey => "ExplicitHashKey"u8;

    private static ReadOnlySpan<byte> Data => "Data"u8;

    /// <summary>Reads the list of PutRecords' entries.</summary>
    /// <param name="reader">Stands on the list.</param>
    /// <param name="most">Entries to keep; those beyond one more are only read.</param>
    /// <exception cref="AwsException">SerializationException.</exception>
    public static List<RawRecord>? ReadList<TReader>(ref TReader reader, int most)
        where TReader : struct, IShapeReader, allows ref struct
    {
        if (reader.Token == ShapeToken.Null)
        {
            reader.Skip();
            return null;
        }

        Demand(reader.Token, ShapeKind.List);
        var records = new List<RawRecord>();
        reader.BeginList();
        while (reader.TryReadElement())
        {
            if (reader.Token == ShapeToken.Null)
            {
                reader.Skip();
                continue;
            }

            Demand(reader.Token, ShapeKind.Structure);
            var record = default(RawRecord);
            reader.BeginMap();
            while (reader.TryReadKey())
            {
                if (!TryReadMember(ref reader, ref record))
                {
                    reader.Skip();
                }
            }

            if (records.Count <= most)
            {
                records.Add(record);
            }
        }

        return records;
    }

    /// <summary>Reads the value of a key that is a record's.</summary>
    /// <returns>False where it is not.</returns>
    public static bool TryReadMember<TReader>(ref TReader reader, ref RawRecord record)
        where TReader : struct, IShapeReader, allows ref struct
    {
        var key = reader.Key;
        if (key.SequenceEqual(Data))
        {
            record.HasData = Has(ref reader, ShapeKind.Blob);
            if (record.HasData)
            {
                record.Data = ShapeDecoder.DecodeBlob(ref reader);
            }
        }
        else if (key.SequenceEqual(PartitionKey))
        {
            record.HasPartitionKey = Has(ref reader, ShapeKind.String);
            if (record.HasPartitionKey)
            {
                record.PartitionKey = reader.ReadStringBytes();
            }
        }
        else if (key.SequenceEqual(ExplicitHashKey))
        {
            record.HasExplicitHashKey = Has(ref reader, ShapeKind.String);
            if (record.HasExplicitHashKey)
            {
                record.ExplicitHashKey = reader.ReadStringBytes();
            }
        }
        else
        {
            return false;
        }

        return true;
    }

    private static bool Has<TReader>(ref TReader reader, ShapeKind kind)
        where TReader : struct, IShapeReader, allows ref struct
    {
        if (reader.Token == ShapeToken.Null)
        {
            reader.Skip();
            return false;
        }

        Demand(reader.Token, kind);
        return true;
    }

    private static void Demand(ShapeToken token, ShapeKind kind)
    {
        if (ShapeDecoder.WrongType(token, kind) is { } wrong)
        {
            throw AwsException.Serialization(wrong);
        }
    }
}
