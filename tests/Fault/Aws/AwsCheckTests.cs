using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Broker.Tests.Harness.Wire;
using Xunit;

namespace Broker.Tests.Fault.Aws;

/// <summary>What readers check is found where it is wrong.</summary>
public sealed class AwsCheckTests
{
    /// <summary>13 bytes of prelude and header name's length, 11 of name, 3 and 2 of its value, 2 of payload, 4 of checksum.</summary>
    private static readonly byte[] Frame = FrameOf("ab");

    [Fact]
    public async Task ASoundFrameIsRead()
    {
        var frame = await ReadAsync(Frame);
        Assert.Equal(("ab", "{}"), (frame!.Type, Encoding.UTF8.GetString(frame.Payload)));
        Assert.Null(await ReadAsync([]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(11)]
    public async Task ABitFlippedInThePreludeIsFound(int at) => Assert.Contains("prelude", await FaultAsync(at), StringComparison.Ordinal);

    [Theory]
    [InlineData(14)]
    [InlineData(28)]
    [InlineData(30)]
    [InlineData(34)]
    public async Task ABitFlippedInTheFrameIsFound(int at) => Assert.Contains("frame", await FaultAsync(at), StringComparison.Ordinal);

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(34)]
    public async Task AFrameThatIsCutOffIsNoEnd(int bytes) => await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync(Frame[..bytes]));

    [Fact]
    public void AChildIsBegunOnceAndAfterBothOfItsParents()
    {
        var lineage = new AwsLineage(["a", "b"]);
        Assert.Empty(lineage.End("a", [("c", ["a", "b"])]));
        Assert.Equal(["c"], lineage.End("b", [("c", ["a", "b"])]));
        Assert.Empty(lineage.End("b", [("c", ["a", "b"])]));
        Assert.Throws<InvalidDataException>(() => lineage.End("c", []));
    }

    [Fact]
    public void ARecordUnderAnotherKeyOrInTheClearIsFound()
    {
        var record = new Dictionary<string, object?>
        {
            ["Data"] = "w|k|1|ppp"u8.ToArray(),
            ["PartitionKey"] = "k",
            ["SequenceNumber"] = "10",
            ["ApproximateArrivalTimestamp"] = DateTimeOffset.FromUnixTimeMilliseconds(7),
        };
        Assert.Equal(new ReadRecord("w|k|1", "s", "10", 7), AwsRecords.Read(record, WireProtocol.AwsCbor, "s", isEncrypted: false));
        Assert.Contains("encrypted", Fault(isEncrypted: true), StringComparison.Ordinal);
        record["EncryptionType"] = "NONE";
        Assert.Contains("encrypted", Fault(isEncrypted: true), StringComparison.Ordinal);
        record["PartitionKey"] = "other";
        Assert.Contains("under partition key other", Fault(isEncrypted: false), StringComparison.Ordinal);

        string Fault(bool isEncrypted) =>
            Assert.Throws<InvalidDataException>(() => AwsRecords.Read(record, WireProtocol.AwsCbor, "s", isEncrypted)).Message;
    }

    /// <summary>One sound frame with an <c>:event-type</c> alone, and the payload <c>{}</c>.</summary>
    public static byte[] FrameOf(string type)
    {
        byte[] frame = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11, .. ":event-type"u8, 7, 0, (byte)type.Length, .. Encoding.UTF8.GetBytes(type), .. "{}"u8, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), frame.Length - 12 - 2 - 4);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), Crc32.HashToUInt32(frame.AsSpan(0, 8)));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(^4..), Crc32.HashToUInt32(frame.AsSpan(..^4)));
        return frame;
    }

    private static async Task<string> FaultAsync(int at)
    {
        var frame = Frame.ToArray();
        frame[at] ^= 1;
        return (await Assert.ThrowsAsync<InvalidDataException>(() => ReadAsync(frame))).Message;
    }

    private static async Task<EventFrame?> ReadAsync(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return await EventFrame.ReadAsync(stream, CancellationToken.None);
    }
}
