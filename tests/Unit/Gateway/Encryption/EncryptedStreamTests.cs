using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static Broker.Tests.Unit.Gateway.Encryption.FileKeyProviderTests;

namespace Broker.Tests.Unit.Gateway.Encryption;

/// <summary>Puts and reads of a stream whose encryption is started, stopped and loses its key.</summary>
public sealed class EncryptedStreamTests
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly FakeCluster cluster;
    private readonly AppendHarness gateway;

    public EncryptedStreamTests()
    {
        cluster = new FakeCluster(1, time);
        gateway = new AppendHarness(cluster, encryption: new EncryptionOptions { DataKeyBlocks = 1_000, DataKeyLifetime = TimeSpan.FromDays(10) });
    }

    [Fact]
    public async Task Started_stopped_and_started_again_everything_stays_readable()
    {
        await PutAsync("clear-1", EncryptionType.None);
        await StartAsync();
        await PutAsync("secret-1", EncryptionType.Kms);
        await cluster.StopEncryptionAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        await PutAsync("clear-2", EncryptionType.None);
        await StartAsync();
        await PutAsync("secret-2", EncryptionType.Kms);

        Assert.Equal([0u, 1u, 0u, 2u], Blocks.Select(static block => block.Head.KeyGeneration));
        Assert.All(Blocks, static block => Assert.Equal(block.Head.KeyGeneration != 0, block.Payload.Span.IndexOf("secret"u8) < 0 && block.Payload.Span.IndexOf("clear"u8) < 0));
        Assert.Equal(["clear-1", "secret-1", "clear-2", "secret-2"], await ReadAsync());
        Assert.Equal(["clear-1", "secret-1", "clear-2", "secret-2"], await ReadAsync(Restarted()));
    }

    [Fact]
    public async Task Small_and_large_batches_in_one_call_are_encrypted_each_block_under_its_own_nonce()
    {
        await StartAsync();
        var large = new string('x', 40_000);
        var puts = Enumerable.Range(0, 40).Select(i => gateway.PutAsync([($"k{i}", i % 5 == 0 ? large : $"small-{i}")]));
        Assert.All(await Task.WhenAll(puts), static batch => Assert.Empty(batch.Faults));
        Assert.Equal(Blocks.Count, Blocks.Select(static block => block.Head.Nonce).Distinct().Count());
        Assert.Equal(40, (await ReadAsync()).Count);
    }

    [Fact]
    public async Task A_repeat_is_encrypted_anew_and_after_a_split_for_the_child()
    {
        await StartAsync();
        var parent = cluster[0];
        var nonces = new List<(ulong, uint)>();
        parent.Fault = request =>
        {
            nonces.Add(request.Blocks[0].Head.Nonce);
            cluster.Split(parent);
            parent.Fault = null;
            return FakeFault.None;
        };
        var batch = await gateway.PutAsync([("a", "one"), ("b", "two"), ("c", "three"), ("d", "four")]);
        Assert.Empty(batch.Faults);
        Assert.Equal(EncryptionType.Kms, batch.EncryptionType);
        Assert.Empty(parent.Blocks);
        var children = cluster.Open.SelectMany(static shard => shard.Blocks).ToList();
        Assert.DoesNotContain(children, block => nonces.Contains(block.Head.Nonce));
        foreach (var shard in cluster.Open)
        {
            Assert.All(shard.Blocks, block => Assert.Equal(shard.Description.Id, block.Head.Shard.Shard));
            await ReadAsync(shard: shard.Description.Id.Index);
        }
    }

    [Theory]
    [InlineData(BrokerErrorCode.KmsDisabled)]
    [InlineData(BrokerErrorCode.KmsInvalidState)]
    [InlineData(BrokerErrorCode.KmsNotFound)]
    [InlineData(BrokerErrorCode.KmsAccessDenied)]
    [InlineData(BrokerErrorCode.KmsOptInRequired)]
    public async Task Without_the_key_puts_and_reads_fail_with_its_error_and_nothing_is_stored_in_the_clear(BrokerErrorCode code)
    {
        await StartAsync();
        await PutAsync("secret", EncryptionType.Kms);
        gateway.Provider.Fault = new BrokerException(code, "no key");
        time.Advance(TimeSpan.FromMinutes(1));

        var batch = await gateway.PutAsync([("k", "more")]);
        var fault = Assert.Single(batch.Faults);
        Assert.Equal((code, "no key", false), (fault.Code, fault.Message, fault.IsUncertain));
        Assert.True(KmsErrors.Contains(code));
        var read = await cluster[0].ReadAsync(Request(0));
        var answer = await gateway.Ciphers.OpenAsync(cluster.Generation, read, default);
        Assert.Equal((code, "no key"), (answer.Code, answer.Message));
        await FailsAsync(code, () => gateway.Ciphers.StartAsync(cluster, "alias/a", default));
        Assert.Single(Blocks);

        gateway.Provider.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        await PutAsync("again", EncryptionType.Kms);
        Assert.Equal(["secret", "again"], await ReadAsync());
    }

    [Fact]
    public async Task A_gateway_that_knows_an_older_map_learns_of_a_key_when_it_reads_a_block_of_it()
    {
        await PutAsync("clear", EncryptionType.None);
        var other = Restarted();
        await other.Routes.GetAsync("s");
        await StartAsync();
        await PutAsync("secret", EncryptionType.Kms);
        Assert.Equal(["clear", "secret"], await ReadAsync(other));
    }

    [Fact]
    public async Task Records_under_a_data_key_that_the_stream_lost_are_lost()
    {
        await StartAsync();
        await PutAsync("secret", EncryptionType.Kms);
        cluster.Encryption = null;
        cluster.Publish();
        var read = await Restarted().Ciphers.OpenAsync(cluster.Generation, await cluster[0].ReadAsync(Request(0)), default);
        Assert.Equal(BrokerErrorCode.DataLoss, read.Code);
    }

    [Fact]
    public async Task A_block_moved_to_another_place_is_not_served()
    {
        await StartAsync();
        await PutAsync("secret", EncryptionType.Kms);
        var block = Blocks[0];
        var moved = new RecordBlock(
            block.Head with { Shard = new ShardKey(cluster.Generation, new ShardId(1)) }, block.Identities, block.Payload);
        var read = (await cluster[0].ReadAsync(Request(0))) with { Blocks = [moved] };
        Assert.Equal(BrokerErrorCode.DataLoss, (await gateway.Ciphers.OpenAsync(cluster.Generation, read, default)).Code);
    }

    [Fact]
    public async Task A_data_key_that_has_served_its_time_is_replaced_and_so_is_one_whose_alias_moved()
    {
        await StartAsync();
        await PutAsync("1", EncryptionType.Kms);
        Assert.Equal(1u, cluster.Encryption!.KeyGeneration);

        time.Advance(TimeSpan.FromDays(10));
        await PutAsync("2", EncryptionType.Kms);
        Assert.Equal((2u, "alias/a"), (cluster.Encryption.KeyGeneration, cluster.Encryption.KeyId));
        time.Advance(TimeSpan.FromSeconds(1));
        await PutAsync("3", EncryptionType.Kms);

        gateway.Provider.Master = "other";
        time.Advance(TimeSpan.FromMinutes(1));
        await PutAsync("4", EncryptionType.Kms);
        Assert.Equal((3u, "other"), (cluster.Encryption.KeyGeneration, cluster.Encryption.Keys[^1].MasterKeyId));
        time.Advance(TimeSpan.FromSeconds(1));
        await PutAsync("5", EncryptionType.Kms);
        Assert.Equal([1u, 1u, 2u, 2u, 3u], Blocks.Select(static block => block.Head.KeyGeneration));
        Assert.Equal(["1", "2", "3", "4", "5"], await ReadAsync());
    }

    [Fact]
    public async Task A_data_key_that_has_encrypted_enough_is_replaced()
    {
        await StartAsync();
        for (var i = 0; i < 1_000; i++)
        {
            await gateway.PutAsync([("k", "x")]);
        }

        time.Advance(TimeSpan.FromMinutes(1));
        await gateway.PutAsync([("k", "x")]);
        Assert.Equal(2u, cluster.Encryption!.KeyGeneration);
    }

    private List<RecordBlock> Blocks => cluster[0].Blocks;

    private static ReadRequest Request(long from) => new(from, 1_000_000, TimeSpan.Zero, 0, Metered: false);

    private AppendHarness Restarted()
    {
        var other = new AppendHarness(cluster);
        other.Provider.Trust(gateway.Provider);
        return other;
    }

    private async Task StartAsync()
    {
        await gateway.Ciphers.StartAsync(cluster, "alias/a", default);
        time.Advance(TimeSpan.FromSeconds(1));
    }

    private async Task PutAsync(string data, EncryptionType expected)
    {
        // A map that is a second old is used once more while it is asked for again.
        var route = await gateway.Routes.GetAsync("s");
        await gateway.Routes.RefreshAsync(route);
        var batch = await gateway.PutAsync([("k", data)]);
        Assert.Empty(batch.Faults);
        Assert.Equal(expected, batch.EncryptionType);
    }

    private async Task<List<string>> ReadAsync(AppendHarness? by = null, int shard = 0)
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
                    data.Add(System.Text.Encoding.UTF8.GetString(record.Data));
                }
            }
        }

        return data;
    }
}
