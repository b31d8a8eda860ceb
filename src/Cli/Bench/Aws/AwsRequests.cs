using System.Buffers.Text;
using System.Formats.Cbor;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Broker.Cli.Bench.Aws;

/// <summary>Whole requests of the AWS protocols, head and body, made once and sent many times. They carry credentials, but no signature that
/// could be verified: they are for servers without authentication.</summary>
internal sealed class AwsRequests(Uri endpoint)
{
    /// <summary>A request in JSON, for all that is not measured.</summary>
    public byte[] Json(string operation, object input) => Frame(AwsProtocol.Json, operation, JsonSerializer.SerializeToUtf8Bytes(input));

    /// <summary>PutRecords of so many records with keys of their own.</summary>
    public byte[] PutRecords(AwsProtocol protocol, string stream, int records, int recordBytes) => protocol == AwsProtocol.Json
        ? Json("PutRecords", new { StreamName = stream, Records = Enumerable.Range(0, records).Select(_ => new { Data = Data(recordBytes), PartitionKey = Key() }) })
        : Frame(protocol, "PutRecords", Cbor(cbor =>
        {
            cbor.WriteStartMap(2);
            Write(cbor, "StreamName", stream);
            cbor.WriteTextString("Records");
            cbor.WriteStartArray(records);
            for (var i = 0; i < records; i++)
            {
                cbor.WriteStartMap(2);
                WriteRecord(cbor, recordBytes);
                cbor.WriteEndMap();
            }

            cbor.WriteEndArray();
            cbor.WriteEndMap();
        }));

    /// <summary>PutRecord of a record with a key of its own.</summary>
    public byte[] PutRecord(AwsProtocol protocol, string stream, int recordBytes) => protocol == AwsProtocol.Json
        ? Json("PutRecord", new { StreamName = stream, Data = Data(recordBytes), PartitionKey = Key() })
        : Frame(protocol, "PutRecord", Cbor(cbor =>
        {
            cbor.WriteStartMap(3);
            Write(cbor, "StreamName", stream);
            WriteRecord(cbor, recordBytes);
            cbor.WriteEndMap();
        }));

    /// <summary>GetRecords from where an iterator stands.</summary>
    public byte[] GetRecords(AwsProtocol protocol, string iterator, int limit) => protocol == AwsProtocol.Json
        ? Json("GetRecords", new { ShardIterator = iterator, Limit = limit })
        : Frame(protocol, "GetRecords", Cbor(cbor =>
        {
            cbor.WriteStartMap(2);
            Write(cbor, "ShardIterator", iterator);
            cbor.WriteTextString("Limit");
            cbor.WriteInt32(limit);
            cbor.WriteEndMap();
        }));

    private static byte[] Cbor(Action<CborWriter> write)
    {
        var cbor = new CborWriter();
        write(cbor);
        return cbor.Encode();
    }

    private static void WriteRecord(CborWriter cbor, int recordBytes)
    {
        cbor.WriteTextString("Data");
        cbor.WriteByteString(Data(recordBytes));
        Write(cbor, "PartitionKey", Key());
    }

    private static void Write(CborWriter cbor, string name, string value)
    {
        cbor.WriteTextString(name);
        cbor.WriteTextString(value);
    }

    private static string Key() => RandomNumberGenerator.GetHexString(12, lowercase: true);

    /// <summary>Text that compresses by half, as the other benches put it.</summary>
    private static byte[] Data(int bytes)
    {
        var data = new byte[bytes];
        data.AsSpan().Fill((byte)' ');
        var random = RandomNumberGenerator.GetBytes(bytes * 3 / 8);
        Base64.EncodeToUtf8(random.AsSpan(0, random.Length - (random.Length % 3)), data, out _, out _);
        return data;
    }

    private byte[] Frame(AwsProtocol protocol, string operation, byte[] body)
    {
        var type = protocol == AwsProtocol.Json ? "application/x-amz-json-1.1" : "application/x-amz-cbor-1.1";
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var stamp = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var head = $"POST / HTTP/1.1\r\nhost: {endpoint.Authority}\r\ncontent-type: {type}\r\nx-amz-target: Kinesis_20131202.{operation}\r\nx-amz-date: {stamp}\r\n"
            + $"authorization: AWS4-HMAC-SHA256 Credential=bench/{stamp[..8]}/us-east-1/kinesis/aws4_request, SignedHeaders=host;x-amz-date, Signature={new string('0', 64)}\r\n"
            + $"content-length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
