using System.Text;
using Broker.Cli.Bench;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Gateway.Appending;
using Broker.Gateway.Compression;
using Broker.Gateway.Hosting;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Compression;

/// <summary>Puts, repeats and reads of a stream whose gateway compresses.</summary>
public sealed class CompressedStreamTests
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly FakeCluster cluster;
    private readonly AppendHarness gateway;

    public CompressedStreamTests()
    {
        cluster = new FakeCluster(1, time);
        gateway = new AppendHarness(cluster, new GatewayOptions { Compression = CompressionMode.Lz4 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Small_and_large_batches_in_one_call_come_back(bool isEncrypted)
    {
        if (isEncrypted)
        {
            await gateway.Ciphers.StartAsync(cluster, "alias/a", default);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        var puts = Enumerable.Range(0, 40).Select(i => gateway.PutAsync(Events(i % 5 == 0 ? 400 : 3, $"p{i}-")));
        Assert.All(await Task.WhenAll(puts), static batch => Assert.Empty(batch.Faults));
        var blocks = cluster[0].Blocks;
        Assert.Contains(blocks, static block => block.Head.Codec == BlockCodec.Lz4 && block.Payload.Length * 2 < block.Head.PlainLength);
        Assert.Equal(isEncrypted, blocks.TrueForAll(static block => block.Head.KeyGeneration != 0));
        Assert.All(blocks, static block => Assert.InRange(block.Head.PlainLength, 1, RecordBlock.TargetPayloadBytes));
        Assert.Equal(
            Enumerable.Range(0, 40).SelectMany(i => Events(i % 5 == 0 ? 400 : 3, $"p{i}-")).Select(static record => record.Data).Order(),
            (await ReadAsync(0)).Order());
    }

    [Fact]
    public async Task Gateways_that_do_not_compress_read_what_others_compressed()
    {
        Assert.Empty((await gateway.PutAsync(Events(100, "a"))).Faults);
        Assert.Equal(BlockCodec.Lz4, Assert.Single(cluster[0].Blocks).Head.Codec);
        var other = new AppendHarness(cluster, new GatewayOptions { Compression = CompressionMode.None });
        Assert.Empty((await other.PutAsync(Events(100, "b"))).Faults);
        Assert.Equal(BlockCodec.None, cluster[0].Blocks[1].Head.Codec);
        Assert.Equal(200, (await ReadAsync(0, other)).Count);
        Assert.Equal(200, (await ReadAsync(0)).Count);
    }

    [Fact]
    public async Task A_repeat_is_edited_before_it_is_compressed_anew()
    {
        // One of two shards takes its part and nobody learns of it; they merge; the repeat finds that part taken, and brings the other alone.
        var live = new FakeCluster(2);
        var producer = new AppendHarness(live, new GatewayOptions { Compression = CompressionMode.Lz4 });
        var (left, right) = (live[0], live[1]);
        left.Fault = _ => left.Tail == 0 ? FakeFault.LoseAnswer : left.Description.IsOpen ? FakeFault.LoseRequest : FakeFault.None;
        right.Fault = _ =>
        {
            if (left.Tail > 0 && left.Description.IsOpen)
            {
                live.Merge(left, right);
            }

            return right.Description.IsOpen ? FakeFault.LoseRequest : FakeFault.None;
        };
        var identity = new BatchIdentity(Guid.NewGuid(), 1, 1);
        var batch = await producer.ProduceAsync(Events(300, "b"), identity);
        await batch.Completion;
        Assert.Empty(batch.Faults);
        Assert.Equal(300, batch.Parts.Sum(static part => part.Indexes.Length));
        Assert.Equal((0L, 300L), (right.Tail, left.Tail + live[2].Tail));
        Assert.All(live.Shards.SelectMany(static shard => shard.Blocks), static block => Assert.Equal(BlockCodec.Lz4, block.Head.Codec));

        // Repeated once more by its producer, after a split: all of it is known.
        live.Split(live[2]);
        var again = await producer.ProduceAsync(Events(300, "b"), identity);
        await again.Completion;
        Assert.Empty(again.Faults);
        Assert.Equal(Places(batch), Places(again));
        Assert.All(live.Open, static child => Assert.Equal(0, child.Tail));
        Assert.Equal(
            Events(300, "b").Select(static record => record.Data).Order(), left.DataInOrder().Concat(live[2].DataInOrder()).Order());

        static IEnumerable<(int Index, ShardId Shard, long Position)> Places(AppendBatch batch) => batch.Parts
            .SelectMany(static part => part.Indexes.Select((index, rank) => (index, part.Shard, part.FirstPosition + rank)))
            .Order();
    }

    [Fact]
    public async Task A_damaged_block_is_an_error_of_the_read()
    {
        await gateway.PutAsync(Events(100, "a"));
        var block = cluster[0].Blocks[0];
        var read = await cluster[0].ReadAsync(Request(0));
        var bytes = block.Payload.ToArray();
        bytes.AsSpan(10).Fill(0xFF);
        var damaged = await gateway.Ciphers.OpenAsync(cluster.Generation, read with { Blocks = [new RecordBlock(block.Head, block.Identities, bytes)] }, default);
        Assert.Equal(BrokerErrorCode.DataLoss, damaged.Code);
        Assert.Contains(block.Head.Shard.Shard.ToString(), damaged.Message, StringComparison.Ordinal);
        var unknown = new RecordBlock(block.Head with { Codec = (BlockCodec)9 }, block.Identities, block.Payload);
        var refused = await gateway.Ciphers.OpenAsync(cluster.Generation, read with { Blocks = [unknown] }, default);
        Assert.Equal(BrokerErrorCode.Internal, refused.Code);
        Assert.Contains("codec 9", refused.Message, StringComparison.Ordinal);
    }

    private static List<(string Key, string Data)> Events(int count, string prefix)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(i => ($"{prefix}{i}", $"{prefix}{i}{Encoding.ASCII.GetString(FlightEvents.Record(200, random))}"))];
    }

    private static ReadRequest Request(long from) => new(from, 1_000_000, TimeSpan.Zero, 0, Metered: false);

    private async Task<List<string>> ReadAsync(int shard, AppendHarness? by = null)
    {
        var data = new List<string>();
        for (var from = 0L; from < cluster[shard].Tail;)
        {
            var read = await (by ?? gateway).Ciphers.OpenAsync(cluster.Generation, await cluster[shard].ReadAsync(Request(from)), default);
            Assert.Equal(BrokerErrorCode.None, read.Code);
            foreach (var block in read.Blocks)
            {
                from = block.Head.EndPosition;
                var reader = new BlockRecordReader(block.Payload.Span);
                while (reader.TryRead(out var record))
                {
                    data.Add(Encoding.UTF8.GetString(record.Data));
                }
            }
        }

        return data;
    }
}
