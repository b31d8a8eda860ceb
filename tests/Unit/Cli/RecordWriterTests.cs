using System.Text;
using System.Text.Json;
using Broker.Cli.Records;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Broker.Tests.Unit.Cli;

public sealed class RecordWriterTests
{
    [Fact]
    public async Task Raw_is_the_data_and_a_newline() => Assert.Equal("a\u00e9\n\n", await WriteAsync(false, "a\u00e9"u8.ToArray(), []));

    [Fact]
    public async Task Json_is_an_object_a_line_with_text_as_it_is()
    {
        var line = await WriteAsync(true, """{"origin":"Köln"}"""u8.ToArray());
        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        Assert.Equal(1, line.Count(character => character == '\n'));
        using var json = JsonDocument.Parse(line);
        Assert.Equal(
            ["shardId", "sequenceNumber", "partitionKey", "approximateArrivalTimestamp", "data"],
            json.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal("""{"origin":"Köln"}""", json.RootElement.GetProperty("data").GetString());
        Assert.Equal("2024-05-06T07:08:09.123Z", json.RootElement.GetProperty("approximateArrivalTimestamp").GetString());
    }

    [Fact]
    public async Task Json_gives_what_is_no_text_as_base64()
    {
        using var json = JsonDocument.Parse(await WriteAsync(true, [0xff, 0x00]));
        Assert.Equal("/wA=", json.RootElement.GetProperty("dataBase64").GetString());
        Assert.False(json.RootElement.TryGetProperty("data", out _));
    }

    private static async Task<string> WriteAsync(bool json, params byte[][] data)
    {
        using var output = new MemoryStream();
        var writer = new RecordWriter(output, json);
        foreach (var bytes in data)
        {
            writer.Add("shardId-000000000001", new V1.Record
            {
                SequenceNumber = "42",
                PartitionKey = "SAN",
                ApproximateArrivalTimestamp = Timestamp.FromDateTime(new DateTime(2024, 5, 6, 7, 8, 9, 123, DateTimeKind.Utc)),
                Data = ByteString.CopyFrom(bytes),
            });
        }

        await writer.FlushAsync(CancellationToken.None);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
