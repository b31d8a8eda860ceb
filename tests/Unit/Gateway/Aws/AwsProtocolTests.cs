using System.Formats.Cbor;
using System.Text;
using System.Text.Json;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Records;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Aws;

public sealed class AwsProtocolTests
{
    [Theory]
    [InlineData("""{"StreamName":1}""", "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String")]
    [InlineData("""{"StreamName":true}""", "class java.lang.Boolean can not be converted to an String")]
    [InlineData("""{"StreamName":[]}""", "Start of list found where not expected")]
    [InlineData("""{"StreamName":{}}""", "Start of structure or map found where not expected.")]
    [InlineData("""{"Limit":"1"}""", "class java.lang.String can not be converted to an Integer")]
    [InlineData("[]", null)]
    [InlineData("\"text\"", null)]
    [InlineData("{", null)]
    [InlineData("{}{}", null)]
    [InlineData("", null)]
    public void What_cannot_be_read_is_told_in_AWSs_words(string body, string? message)
    {
        var exception = Assert.Throws<AwsException>(() => Decode<DescribeStream.Input>(AwsProtocol.Json, Encoding.UTF8.GetBytes(body)));
        Assert.Equal(("SerializationException", message), (exception.Error.Type, exception.Error.Message));
    }

    [Fact]
    public void Unknown_members_and_nulls_are_passed_over()
    {
        var input = Decode<DescribeStream.Input>(
            AwsProtocol.Json, """{"Other":{"a":[1,{"b":null}]},"StreamName":"s\u0041","Limit":null,"streamname":"x"}"""u8.ToArray());
        Assert.Equal(("sA", null), (input.StreamName, input.Limit));
    }

    [Theory]
    [InlineData("=a==", "'=a==' can not be converted to a Blob: Invalid Base64 character: '='")]
    [InlineData("aaa", "'aaa' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3")]
    [InlineData("a a=", "'a a=' can not be converted to a Blob: Invalid Base64 character: ' '")]
    public void Base64_that_is_none_is_told(string text, string message)
    {
        var exception = Assert.Throws<AwsException>(() => Base64Texts.Measure(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(message, exception.Error.Message);
    }

    [Fact]
    public void Base64_is_measured_as_it_decodes() => Prop.ForAll(
        Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf().ToArbitrary(),
        bytes => Base64Texts.Measure(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes))) == bytes.Length).QuickCheckThrowOnFailure();

    [Fact]
    public void Some_clients_escape_the_slashes_of_base64()
    {
        var input = Decode<PutRecord.Input>(AwsProtocol.Json, """{"StreamName":"s","Data":"\/\/\/\/","PartitionKey":"\u00e9"}"""u8.ToArray());
        Assert.Equal((3, "////", "é"), (input.Data!.Value.Length, Encoding.ASCII.GetString(input.Data.Value.Encoded.Span), input.PartitionKey));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Times_of_cbor_are_in_the_protocols_unit(bool isRpc)
    {
        var writer = new CborWriter();
        writer.WriteStartMap(2);
        writer.WriteTextString("ShardId");
        writer.WriteTextString("a");
        writer.WriteTextString("Timestamp");
        writer.WriteTag(CborTag.UnixTimeSeconds);
        if (isRpc)
        {
            writer.WriteDouble(1_700_000_000.125);
        }
        else
        {
            writer.WriteInt64(1_700_000_000_125);
        }

        writer.WriteEndMap();
        var input = Decode<GetShardIterator.Input>(isRpc ? AwsProtocol.RpcV2Cbor : AwsProtocol.Cbor, writer.Encode());
        Assert.Equal(1_700_000_000_125, input.Timestamp!.Value.ToUnixTimeMilliseconds());
    }

    [Fact]
    public void Cbor_of_indefinite_length_is_read()
    {
        // {_ "StreamName": (_ "a", "b"), "Limit": 7 }
        byte[] body = [0xBF, 0x6A, .. "StreamName"u8, 0x7F, 0x61, (byte)'a', 0x61, (byte)'b', 0xFF, 0x65, .. "Limit"u8, 0x07, 0xFF];
        var input = Decode<DescribeStream.Input>(AwsProtocol.Cbor, body);
        Assert.Equal(("ab", 7), (input.StreamName, input.Limit));
    }

    [Theory]
    [InlineData(0x81, 64, true)]
    [InlineData(0x81, 66, false)]
    [InlineData(0x9F, 100_000, false)]
    [InlineData(0xC1, 100_000, true)]
    public void Cbor_that_is_passed_over_may_be_as_deep_as_json(byte opening, int depth, bool isRead)
    {
        byte[] body = [0xBF, 0x61, (byte)'x', .. Enumerable.Repeat(opening, depth - 1), 0x01, 0xFF];
        var exception = Record.Exception(() => Decode<DescribeStream.Input>(AwsProtocol.Cbor, body));
        Assert.True(isRead ? exception is null : exception is AwsException { Error.Type: "SerializationException" }, $"{exception}");
    }

    [Fact]
    public void No_body_is_worse_than_a_serialization_error()
    {
        var seeds = new[]
        {
            """{"Records":[{"Data":"QUJD","PartitionKey":"a","ExplicitHashKey":"1"}],"StreamName":"s","x":[1,2.5e3,true,null,{"y":"z"}]}"""u8.ToArray(),
            CborOf(),
        };
        var edits = (from place in Gen.Choose(0, 200) from value in Gen.Choose(0, 255) select (place, (byte)value)).ArrayOf();
        Prop.ForAll(edits.ToArbitrary(), Gen.Choose(0, 5).ToArbitrary(), (changes, which) =>
        {
            var body = seeds[which % 2].ToArray();
            foreach (var (place, value) in changes)
            {
                body[place % body.Length] = value;
            }

            var protocol = which % 2 == 0 ? AwsProtocol.Json : which % 4 == 1 ? AwsProtocol.Cbor : AwsProtocol.RpcV2Cbor;
            try
            {
                protocol.Decode(body.AsMemory(0, body.Length - (changes.Length % 3)), Shape.Of(typeof(PutRecords.Input)));
            }
            catch (AwsException)
            {
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

        static byte[] CborOf()
        {
            var writer = new CborWriter();
            writer.WriteStartMap(null);
            writer.WriteTextString("Records");
            writer.WriteStartArray(1);
            writer.WriteStartMap(2);
            writer.WriteTextString("Data");
            writer.WriteByteString([1, 2, 3]);
            writer.WriteTextString("PartitionKey");
            writer.WriteTextString("key");
            writer.WriteEndMap();
            writer.WriteEndArray();
            writer.WriteTextString("other");
            writer.WriteDouble(1.5);
            writer.WriteEndMap();
            return writer.Encode();
        }
    }

    [Fact]
    public void What_is_written_in_json_is_read_by_others() => Prop.ForAll(Texts().ToArbitrary(), Gen.Choose(-5000, 5000).ToArbitrary(), (text, number) =>
    {
        using var output = new PooledBuffer();
        Write(AwsProtocol.Json.CreateWriter(output), text, number);
        using var document = JsonDocument.Parse(output.Written);
        var root = document.RootElement;
        Assert.Equal(text, root.GetProperty("text").GetString());
        Assert.Equal(Encoding.UTF8.GetBytes(text), root.GetProperty("blob").GetBytesFromBase64());
        Assert.Equal(number, root.GetProperty("list")[0].GetInt64());
        Assert.Equal(number > 0, root.GetProperty("list")[1].GetBoolean());
        Assert.Equal(1_700_000_000.123, root.GetProperty("time").GetDouble(), 6);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_written_in_cbor_is_read_by_others(bool inMilliseconds) => Prop.ForAll(Texts().ToArbitrary(), Gen.Choose(-70_000, 70_000).ToArbitrary(), (text, number) =>
    {
        using var output = new PooledBuffer();
        Write((inMilliseconds ? AwsProtocol.Cbor : AwsProtocol.RpcV2Cbor).CreateWriter(output), text, number);
        var reader = new CborReader(output.Written);
        reader.ReadStartMap();
        Assert.Equal("text", reader.ReadTextString());
        Assert.Equal(text, reader.ReadTextString());
        Assert.Equal("blob", reader.ReadTextString());
        Assert.Equal(Encoding.UTF8.GetBytes(text), reader.ReadByteString());
        Assert.Equal("list", reader.ReadTextString());
        reader.ReadStartArray();
        Assert.Equal(number, reader.ReadInt64());
        Assert.Equal(number > 0, reader.ReadBoolean());
        reader.ReadEndArray();
        Assert.Equal("time", reader.ReadTextString());
        Assert.Equal(CborTag.UnixTimeSeconds, reader.ReadTag());
        if (inMilliseconds)
        {
            Assert.Equal(1_700_000_000_123, reader.ReadInt64());
        }
        else
        {
            Assert.Equal(1_700_000_000.123, reader.ReadDouble(), 6);
        }

        reader.ReadEndMap();
        Assert.Equal(0, reader.BytesRemaining);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Errors_have_the_type_of_their_protocol()
    {
        using var json = new PooledBuffer();
        AwsProtocol.Json.EncodeError(json, new AwsError("SerializationException", "why"));
        Assert.Equal("""{"__type":"SerializationException","Message":"why"}""", Encoding.UTF8.GetString(json.Written.Span));
        using var rpc = new PooledBuffer();
        AwsProtocol.RpcV2Cbor.EncodeError(rpc, new AwsError("LimitExceededException", null));
        Assert.Contains("com.amazonaws.kinesis#LimitExceededException", Encoding.UTF8.GetString(rpc.Written.Span), StringComparison.Ordinal);
    }

    private static Gen<string> Texts() => Gen.OneOf(
        Gen.Elements('a', '"', '\\', '\n', '\u0001', 'é', '漢', '/', '<').ArrayOf().Select(characters => new string(characters)),
        Gen.Choose(0, 600).Select(length => new string('x', length)));

    private static void Write(ShapeWriter writer, string text, int number)
    {
        writer.BeginMap();
        writer.WriteKey("text"u8);
        writer.WriteString(text);
        writer.WriteKey("blob"u8);
        writer.WriteBlob(Encoding.UTF8.GetBytes(text));
        writer.WriteKey("list"u8);
        writer.BeginList();
        writer.WriteInteger(number);
        writer.WriteBoolean(number > 0);
        writer.EndList();
        writer.WriteKey("time"u8);
        writer.WriteTimestamp(1_700_000_000_123);
        writer.EndMap();
    }

    private static T Decode<T>(AwsProtocol protocol, byte[] body) => (T)protocol.Decode(body, Shape.Of(typeof(T)));
}
