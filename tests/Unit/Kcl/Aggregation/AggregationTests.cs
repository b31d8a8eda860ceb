using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Streams;
using Broker.Kcl.Aggregation;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using ShardRange = Broker.Kcl.HashKeyRange;

namespace Broker.Tests.Unit.Kcl.Aggregation;

public sealed class AggregationTests
{
    private static readonly byte[] Magic = [0xF3, 0x89, 0x9A, 0xC2];

    [Fact]
    public void What_is_written_is_read_in_order_with_keys_and_numbers()
    {
        var writer = new AggregatedRecordWriter(51_200);
        (string Key, string? Hash, string Data)[] put =
            [("a", null, "1"), ("ü😀", "0", ""), ("a", "340282366920938463463374607431768211455", "3"), ("", "0", "4")];
        Assert.All(put, record => Assert.True(writer.TryAdd(record.Key, record.Hash, Encoding.UTF8.GetBytes(record.Data))));
        var bytes = writer.Bytes;
        var data = writer.Finish();
        Assert.Equal(bytes, data.Length);
        Assert.Equal(
            put.Select((record, i) => (record.Key, record.Hash, record.Data, (long)i, true)),
            AggregatedRecordReader.Read("a", data).Select(Told));
    }

    [Fact]
    public void Any_records_come_back_as_they_were_put_and_no_record_passes_the_size() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<int>(),
            seed =>
            {
                var random = new Random(seed);
                var maxBytes = random.Next(40, 2_000);
                (string Key, byte[] Data, string? Hash)[] records =
                [
                    .. Enumerable.Range(0, random.Next(1, 60)).Select(_ => (
                        string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => (char)random.Next(0x20, 0x2FF))),
                        RandomNumberGenerator.GetBytes(random.Next(300)),
                        random.Next(3) == 0 ? $"{random.Next()}" : null)),
                ];
                var writer = new AggregatedRecordWriter(maxBytes);
                var read = new List<UserRecord>();
                foreach (var (key, data, hash) in records)
                {
                    if (!writer.TryAdd(key, hash, data))
                    {
                        Take();
                        Assert.True(writer.TryAdd(key, hash, data));
                    }
                }

                Take();
                Assert.Equal(
                    records.Select(record => (record.Key, record.Hash, Convert.ToHexString(record.Data))),
                    read.Select(record => (record.PartitionKey, record.ExplicitHashKey, Convert.ToHexString(record.Data.Span))));

                void Take()
                {
                    var count = writer.Count;
                    var data = writer.Finish().ToArray();
                    Assert.True(count == 1 || data.Length <= maxBytes, $"{count} records took {data.Length} of {maxBytes} bytes");
                    var some = AggregatedRecordReader.Read("x", data);
                    Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), some.Select(record => record.SubSequenceNumber));
                    read.AddRange(some);
                    writer.Reset();
                }
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Data_changed_in_any_byte_passes_as_a_plain_record()
    {
        var writer = new AggregatedRecordWriter(51_200);
        Assert.True(writer.TryAdd("k", "5", "one"u8));
        Assert.True(writer.TryAdd("l", null, "two"u8));
        var data = writer.Finish().ToArray();
        Assert.Equal(2, AggregatedRecordReader.Read("p", data).Count);
        for (var i = 0; i < data.Length; i++)
        {
            data[i] ^= 0x10;
            AssertPlain(data);
            data[i] ^= 0x10;
            AssertPlain(data[..i]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("F3899AC2")]
    [InlineData("F3899AC2D41D8CD98F00B204E9800998ECF842")]
    public void Data_that_is_too_short_passes_as_a_plain_record(string hex) => AssertPlain(Convert.FromHexString(hex));

    [Theory]
    [InlineData("0A016B1A030800", "data missing")]
    [InlineData("0A016B1A031A0178", "key index missing")]
    [InlineData("0A016B1A0508011A0178", "no such key")]
    [InlineData("0A016B1A07080010001A0178", "no such hash key")]
    [InlineData("0A016B1201781A07080010001A0178", "hash key not a number")]
    [InlineData("FFFFFF", "not protobuf")]
    public void A_message_that_is_wrong_under_a_right_checksum_passes_as_a_plain_record(string hex, string why)
    {
        Assert.NotEmpty(why);
        AssertPlain(Framed(Convert.FromHexString(hex)));
    }

    [Fact]
    public void Tables_before_the_records_and_unknown_fields_are_read_too()
    {
        var read = AggregatedRecordReader.Read("p", Framed(Convert.FromHexString("0A016B0A016C1201371A0508011A01781A0708001000" + "1A01792A0100")));
        Assert.Equal([("l", null, "x", 0, true), ("k", "7", "y", 1, true)], read.Select(Told));
    }

    [Fact]
    public void A_record_for_another_shard_takes_its_whole_aggregate_with_it()
    {
        var writer = new AggregatedRecordWriter(51_200);
        Assert.True(writer.TryAdd("k", "10", "one"u8));
        Assert.True(writer.TryAdd("k", "20", "two"u8));
        var data = writer.Finish();
        Assert.Equal(2, AggregatedRecordReader.Read("a", data, new ShardRange(10, 20)).Count);
        Assert.Empty(AggregatedRecordReader.Read("a", data, new ShardRange(10, 19)));
        Assert.Empty(AggregatedRecordReader.Read("a", data, new ShardRange(11, 20)));
        Assert.Single(AggregatedRecordReader.Read("plain", "x"u8.ToArray(), new ShardRange(1, 1)));
    }

    [Fact]
    public void An_aggregate_is_put_where_its_first_record_belongs()
    {
        var writer = new AggregatedRecordWriter(51_200);
        Assert.True(writer.TryAdd("only", null, "1"u8));
        Assert.Equal(("only", null), (writer.PartitionKey, writer.ExplicitHashKey));
        Assert.True(writer.TryAdd("other", "9", "2"u8));
        Assert.Equal(("a", HashKey.OfPartitionKey("only").ToString()), (writer.PartitionKey, writer.ExplicitHashKey));
        writer.Reset();
        Assert.True(writer.TryAdd("k", "9", "2"u8));
        Assert.Equal(("k", "9"), (writer.PartitionKey, writer.ExplicitHashKey));
        Assert.Throws<ArgumentException>(() => writer.TryAdd("k", "007", ""u8));
    }

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's own checksum.")]
    private static byte[] Framed(byte[] message) => [.. Magic, .. message, .. MD5.HashData(message)];

    private static void AssertPlain(byte[] data)
    {
        var record = Assert.Single(AggregatedRecordReader.Read("p", data));
        Assert.Equal(("p", null, 0L, false), (record.PartitionKey, record.ExplicitHashKey, record.SubSequenceNumber, record.IsAggregated));
        Assert.True(record.Data.Span.SequenceEqual(data));
    }

    private static (string Key, string? Hash, string Data, long Number, bool IsAggregated) Told(UserRecord record) =>
        (record.PartitionKey, record.ExplicitHashKey, Encoding.UTF8.GetString(record.Data.Span), record.SubSequenceNumber, record.IsAggregated);
}
