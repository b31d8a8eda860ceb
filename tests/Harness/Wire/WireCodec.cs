using System.Formats.Cbor;
using System.Globalization;
using System.Text.Json;

namespace Broker.Tests.Harness.Wire;

/// <summary>
/// Values to bodies and back: <c>Dictionary&lt;string, object?&gt;</c>, <c>List&lt;object?&gt;</c>, string, long, double, bool, byte[],
/// DateTimeOffset and null. Knows nothing of the model, so a broker that writes a wrong type shows.
/// </summary>
public static class WireCodec
{
    public static byte[] Encode(WireProtocol protocol, object? value)
    {
        if (protocol != WireProtocol.Json)
        {
            var cbor = new CborWriter(CborConformanceMode.Lax);
            Write(cbor, value, protocol);
            return cbor.Encode();
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, value);
        }

        return buffer.ToArray();
    }

    public static object? Decode(WireProtocol protocol, ReadOnlyMemory<byte> body)
    {
        if (protocol == WireProtocol.Json)
        {
            using var document = JsonDocument.Parse(body);
            return Read(document.RootElement);
        }

        var reader = new CborReader(body, CborConformanceMode.Lax);
        var value = Read(reader, protocol);
        return reader.BytesRemaining == 0 ? value : throw new CborContentException($"{reader.BytesRemaining} bytes follow the answer.");
    }

    private static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case IDictionary<string, object?> map:
                json.WriteStartObject();
                foreach (var (name, member) in map)
                {
                    json.WritePropertyName(name);
                    Write(json, member);
                }

                json.WriteEndObject();
                break;
            case List<object?> list:
                json.WriteStartArray();
                list.ForEach(member => Write(json, member));
                json.WriteEndArray();
                break;
            case byte[] bytes:
                json.WriteBase64StringValue(bytes);
                break;
            case DateTimeOffset time:
                json.WriteNumberValue(time.ToUnixTimeMilliseconds() / 1000m);
                break;
            default:
                JsonSerializer.Serialize(json, value);
                break;
        }
    }

    private static void Write(CborWriter cbor, object? value, WireProtocol protocol)
    {
        switch (value)
        {
            case null:
                cbor.WriteNull();
                break;
            case IDictionary<string, object?> map:
                cbor.WriteStartMap(map.Count);
                foreach (var (name, member) in map)
                {
                    cbor.WriteTextString(name);
                    Write(cbor, member, protocol);
                }

                cbor.WriteEndMap();
                break;
            case List<object?> list:
                cbor.WriteStartArray(list.Count);
                list.ForEach(member => Write(cbor, member, protocol));
                cbor.WriteEndArray();
                break;
            case byte[] bytes:
                cbor.WriteByteString(bytes);
                break;
            case DateTimeOffset time:
                cbor.WriteTag(CborTag.UnixTimeSeconds);
                if (protocol == WireProtocol.AwsCbor)
                {
                    cbor.WriteInt64(time.ToUnixTimeMilliseconds());
                }
                else
                {
                    cbor.WriteDouble(time.ToUnixTimeMilliseconds() / 1000.0);
                }

                break;
            case string text:
                cbor.WriteTextString(text);
                break;
            case bool truth:
                cbor.WriteBoolean(truth);
                break;
            case double number:
                cbor.WriteDouble(number);
                break;
            default:
                cbor.WriteInt64(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static object? Read(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().ToDictionary(member => member.Name, member => Read(member.Value)),
        JsonValueKind.Array => json.EnumerateArray().Select(Read).ToList(),
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? (object)whole : json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static object? Read(CborReader cbor, WireProtocol protocol)
    {
        switch (cbor.PeekState())
        {
            case CborReaderState.StartMap:
                var map = new Dictionary<string, object?>();
                for (cbor.ReadStartMap(); cbor.PeekState() != CborReaderState.EndMap;)
                {
                    map.Add(cbor.ReadTextString(), Read(cbor, protocol));
                }

                cbor.ReadEndMap();
                return map;
            case CborReaderState.StartArray:
                var list = new List<object?>();
                for (cbor.ReadStartArray(); cbor.PeekState() != CborReaderState.EndArray;)
                {
                    list.Add(Read(cbor, protocol));
                }

                cbor.ReadEndArray();
                return list;
            case CborReaderState.Tag:
                var tag = cbor.ReadTag();
                var value = Read(cbor, protocol);
                return tag == CborTag.UnixTimeSeconds
                    ? DateTimeOffset.FromUnixTimeMilliseconds(protocol == WireProtocol.AwsCbor
                        ? (long)value!
                        : (long)Math.Round(Convert.ToDouble(value, CultureInfo.InvariantCulture) * 1000))
                    : throw new CborContentException($"Tag {(ulong)tag} has no meaning here.");
            case CborReaderState.TextString or CborReaderState.StartIndefiniteLengthTextString:
                return cbor.ReadTextString();
            case CborReaderState.ByteString or CborReaderState.StartIndefiniteLengthByteString:
                return cbor.ReadByteString();
            case CborReaderState.UnsignedInteger or CborReaderState.NegativeInteger:
                return cbor.ReadInt64();
            case CborReaderState.Boolean:
                return cbor.ReadBoolean();
            case CborReaderState.Null:
                cbor.ReadNull();
                return null;
            default:
                return cbor.ReadDouble();
        }
    }
}
