using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Routing;
using Google.Protobuf;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class BatchEncoderTests : IDisposable
{
    private readonly BatchEncoder encoder = new(new BrokerLimits());

    public void Dispose() => encoder.Dispose();

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task What_the_generated_messages_write_is_read_alike(int seed)
    {
        var random = new Random(seed);
        var route = await RouteAsync(5);
        for (var round = 0; round < 100; round++)
        {
            var request = RandomRequest(random);
            Assert.Null(encoder.TryEncode(request.ToByteArray(), route, RecordSpread.Next(), out var batch));
            Assert.Equal(request.Records.Count, batch!.RecordCount);
            var seen = new SortedDictionary<int, V1.PutRecordsEntry>();
            foreach (var (shard, records) in batch.Shards)
            {
                var next = 0;
                foreach (var chunk in records.Chunks)
                {
                    Assert.True(chunk.Payload.Length <= RecordBlock.TargetPayloadBytes || chunk.RecordCount == 1);
                    var reader = new BlockRecordReader(chunk.Payload);
                    while (reader.TryRead(out var record))
                    {
                        Assert.True(shard.Range.Contains(record.HashKey));
                        Assert.Equal(batch.Keys[records.Indexes[next]], record.HashKey);
                        seen.Add(records.Indexes[next++], new V1.PutRecordsEntry
                        {
                            PartitionKey = System.Text.Encoding.UTF8.GetString(record.PartitionKey),
                            Data = ByteString.CopyFrom(record.Data),
                            ExplicitHashKey = record.ExplicitHashKey?.ToString() ?? "",
                        });
                    }
                }
            }

            Assert.Equal(request.Records, seen.Values);
        }
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public async Task Damaged_bytes_are_refused_or_read_never_thrown_at(int seed)
    {
        var random = new Random(seed);
        var route = await RouteAsync(3);
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = RandomRequest(random).ToByteArray();
            if (random.Next(2) == 0)
            {
                bytes = bytes[..random.Next(bytes.Length)];
            }
            else
            {
                for (var i = 0; i < 5; i++)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }
            }

            var fault = encoder.TryEncode(bytes, route, RecordSpread.Next(), out var batch);
            Assert.NotEqual(fault is null, batch is null);
        }

        Assert.Null(encoder.TryEncode(AppendHarness.Message(AppendHarness.Records(10)), route, RecordSpread.Next(), out var after));
        Assert.Equal(10, after!.RecordCount);
    }

    [Fact]
    public async Task Rules_are_checked_before_anything_is_taken()
    {
        var route = await RouteAsync(2);
        Refused(route, "records is empty");
        Refused(await RouteAsync(2, StreamMode.Provisioned), "records[0].partition_key is empty: it must be 1 to 256", new V1.PutRecordsEntry());
        Accepted(route, new V1.PutRecordsEntry());
        Refused(route, "has 257 characters", Entry(new string('ж', 257)));
        Refused(route, "at most 1048576", Entry("k", new byte[1024 * 1024]));
        Refused(route, "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456",
            new V1.PutRecordsEntry { PartitionKey = "k", ExplicitHashKey = "340282366920938463463374607431768211456" });
        Refused(route, "Specified value was 01", new V1.PutRecordsEntry { PartitionKey = "k", ExplicitHashKey = "01" });
        Refused(route, "Specified value was -1", new V1.PutRecordsEntry { PartitionKey = "k", ExplicitHashKey = "-1" });
        Refused(route, "more than 500 members", [.. Enumerable.Range(0, 501).Select(static _ => Entry("k"))]);
        Refused(route, "bytes of data and partition keys, which is the most", [.. Enumerable.Range(0, 11).Select(static _ => Entry("k", new byte[(1024 * 1024) - 1]))]);
        Accepted(route, Entry(new string('ж', 256)));
        Accepted(route, Entry("k", new byte[(1024 * 1024) - 1]));
        Accepted(route, new V1.PutRecordsEntry { PartitionKey = "k", ExplicitHashKey = "340282366920938463463374607431768211455" });
    }

    private static V1.PutRecordsEntry Entry(string key, byte[]? data = null) =>
        new() { PartitionKey = key, Data = ByteString.CopyFrom(data ?? []) };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_no_key_places_is_spread_evenly_within_a_put_and_over_puts(bool auto)
    {
        var route = await RouteAsync(7, distribution: auto ? RecordDistributionStrategy.Auto : RecordDistributionStrategy.UserPartitionKey);
        var entry = auto ? new V1.PutRecordsEntry { PartitionKey = "same", ExplicitHashKey = "5" } : new V1.PutRecordsEntry();
        Assert.Null(encoder.TryEncode(Request([.. Enumerable.Repeat(entry, 490)]), route, RecordSpread.Next(), out var batch));
        Assert.Equal(7, batch!.Shards.Count);
        Assert.All(batch.Shards, shard => Assert.InRange(shard.Records.Indexes.Length, 66, 74));

        var counts = new int[7];
        var identities = Enumerable.Range(1, 490).Select(static number => RecordSpread.Of(new BatchIdentity(Guid.Empty, 3, (ulong)number)));
        foreach (var spread in identities.Concat(Enumerable.Range(0, 490).Select(static _ => RecordSpread.Next())))
        {
            Assert.Null(encoder.TryEncode(Request([entry]), route, spread, out batch));
            counts[Array.FindIndex([.. route.Open], shard => shard.Id == batch!.Shards[0].Shard.Id)]++;
        }

        Assert.All(counts, static count => Assert.InRange(count, 130, 150));
    }

    [Fact]
    public async Task A_batch_that_comes_again_is_spread_alike_and_an_absent_key_stays_absent()
    {
        var identity = new BatchIdentity(new Guid("3fe2c3a2-49b4-4ff3-8fb4-6de4e4b4e1a9"), 1, 77);
        var (before, after) = (await RouteAsync(2), await RouteAsync(5));
        var records = Request([new V1.PutRecordsEntry { Data = ByteString.CopyFromUtf8("a") }, new V1.PutRecordsEntry(), Entry("k")]);
        Assert.Null(encoder.TryEncode(records, before, RecordSpread.Of(identity), out var first));
        Assert.Null(encoder.TryEncode(records, after, RecordSpread.Of(identity), out var again));
        Assert.Equal(first!.Keys, again!.Keys);
        Assert.NotEqual(first.Keys[0], first.Keys[1]);
        Assert.Equal(HashKey.OfPartitionKey("k"), first.Keys[2]);
        Assert.Null(encoder.TryEncode(records, before, RecordSpread.Of(identity with { BatchNumber = 78 }), out var other));
        Assert.NotEqual(first.Keys[0], other!.Keys[0]);

        // Pinned: another gateway, of another release, must place a repeat alike.
        Assert.Equal("207981322951330321639136526141822456482", first.Keys[1].ToString());
        var absent = 0;
        foreach (var chunk in first.Shards.SelectMany(static shard => shard.Records.Chunks))
        {
            var reader = new BlockRecordReader(chunk.Payload);
            while (reader.TryRead(out var record))
            {
                absent += record.PartitionKey.IsEmpty && record.ExplicitHashKey is null ? 1 : 0;
            }
        }

        Assert.Equal(2, absent);
    }

    private static async Task<StreamRoute> RouteAsync(
        int shards,
        StreamMode mode = StreamMode.OnDemand,
        RecordDistributionStrategy distribution = RecordDistributionStrategy.UserPartitionKey)
    {
        var cluster = new FakeCluster(shards) { Mode = mode, Distribution = distribution };
        cluster.Publish();
        return await new StreamRoutes(cluster, new BrokerIdentity(), TimeProvider.System).GetAsync("s");
    }

    private static V1.PutRecordsRequest RandomRequest(Random random)
    {
        var request = new V1.PutRecordsRequest { StreamName = "s" };
        var count = random.Next(1, 40);
        for (var i = 0; i < count; i++)
        {
            var data = new byte[random.Next(10) == 0 ? random.Next(100_000) : random.Next(300)];
            random.NextBytes(data);
            request.Records.Add(new V1.PutRecordsEntry
            {
                PartitionKey = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => "aж😀z0"[random.Next(2)])) + "😀",
                Data = ByteString.CopyFrom(data),
                ExplicitHashKey = random.Next(3) == 0 ? new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()).ToString() : "",
            });
        }

        return request;
    }

    private void Refused(StreamRoute route, string message, params V1.PutRecordsEntry[] records)
    {
        var fault = encoder.TryEncode(Request(records), route, RecordSpread.Next(), out var batch);
        Assert.Null(batch);
        Assert.Contains(message, fault, StringComparison.Ordinal);
    }

    private void Accepted(StreamRoute route, params V1.PutRecordsEntry[] records) =>
        Assert.Null(encoder.TryEncode(Request(records), route, RecordSpread.Next(), out _));

    private static byte[] Request(V1.PutRecordsEntry[] records)
    {
        var request = new V1.PutRecordsRequest();
        request.Records.AddRange(records);
        return request.ToByteArray();
    }
}
