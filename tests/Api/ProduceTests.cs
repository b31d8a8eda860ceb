using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>Idempotent, pipelined batches, over reconnects, splits and merges.</summary>
[Collection("api")]
public sealed class ProduceTests(ApiFixture api)
{
    [Fact]
    public async Task BatchesAreAcknowledgedByNameAndReadInOrder()
    {
        var name = await api.CreateAsync(2);
        using var call = await OpenAsync(name, [], 0);
        for (ulong number = 1; number <= 50; number++)
        {
            await SendAsync(call, number, $"{number}a", $"{number}b");
        }

        var acked = new HashSet<ulong>();
        while (acked.Count < 50)
        {
            var ack = await AckAsync(call);
            Assert.Equal("", ack.ErrorCode);
            Assert.Equal(2, ack.Parts.Sum(part => part.RecordCount));
            Assert.True(acked.Add(ack.BatchNumber));
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
        Assert.Equal(100, (await TextsAsync(name)).Count);
    }

    [Fact]
    public async Task ARepeatAfterAReconnectIsTakenOnceAndAnsweredTheSame()
    {
        var name = await api.CreateAsync(2);
        var producer = Guid.NewGuid().ToByteArray();
        ProduceAck first;
        using (var call = await OpenAsync(name, producer, 1))
        {
            await SendAsync(call, 1, "a", "b", "c", "d");
            first = await AckAsync(call);
        }

        using var again = await OpenAsync(name, producer, 1);
        await SendAsync(again, 1, "a", "b", "c", "d");
        Assert.Equal(Places(first), Places(await AckAsync(again)));
        Assert.Equal(["a", "b", "c", "d"], (await TextsAsync(name)).Order());
    }

    [Fact]
    public async Task ARepeatAfterASplitAndAMergeIsStillRecognised()
    {
        var name = await api.CreateAsync(2);
        var producer = Guid.NewGuid().ToByteArray();
        using var call = await OpenAsync(name, producer, 1);
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => $"t{i}")];
        await SendAsync(call, 1, texts);
        var first = await AckAsync(call);

        await api.Streams.SplitShardAsync(new SplitShardRequest { StreamName = name, ShardToSplit = "shardId-000000000000", NewStartingHashKey = "40000000000000000000000000000000000000" });
        await api.ActiveAsync(name);
        await SendAsync(call, 1, texts);
        Assert.Equal(Places(first), Places(await AckAsync(call)));

        await api.Streams.MergeShardsAsync(new MergeShardsRequest { StreamName = name, ShardToMerge = "shardId-000000000003", AdjacentShardToMerge = "shardId-000000000001" });
        await api.ActiveAsync(name);
        await SendAsync(call, 1, texts);
        Assert.Equal(Places(first), Places(await AckAsync(call)));
        await SendAsync(call, 2, "new");
        Assert.Equal("", (await AckAsync(call)).ErrorCode);
        Assert.Equal(texts.Append("new").Order(), (await TextsAsync(name)).Order());
    }

    [Fact]
    public async Task ANewerEpochFencesAndAnOldNumberIsAnError()
    {
        var name = await api.CreateAsync();
        var producer = Guid.NewGuid().ToByteArray();
        using var older = await OpenAsync(name, producer, 1);
        using var newer = await OpenAsync(name, producer, 2);
        await SendAsync(newer, 1, "a");
        Assert.Equal("", (await AckAsync(newer)).ErrorCode);
        await SendAsync(older, 7, "b");
        var fenced = await AckAsync(older);
        Assert.Equal(("PRODUCER_FENCED", null), (fenced.ErrorCode, fenced.RetryAfter));

        await SendAsync(newer, 2_000, "c");
        Assert.Equal("", (await AckAsync(newer)).ErrorCode);
        await SendAsync(newer, 3, "d");
        Assert.Equal("BATCH_TOO_OLD", (await AckAsync(newer)).ErrorCode);
        await SendAsync(newer, 1_999, "e");
        Assert.Equal("", (await AckAsync(newer)).ErrorCode);
        Assert.Equal(["a", "c", "e"], await TextsAsync(name));
    }

    [Fact]
    public async Task ABatchNumberWithOtherContentIsAnError()
    {
        var name = await api.CreateAsync();
        using var call = await OpenAsync(name, [], 1);
        await SendAsync(call, 1, "a", "b");
        Assert.Equal("", (await AckAsync(call)).ErrorCode);
        await SendAsync(call, 1, "a", "b", "c");
        Assert.Equal("BATCH_MISMATCH", (await AckAsync(call)).ErrorCode);
    }

    [Fact]
    public async Task ABadBatchIsRefusedAloneAndTheSessionGoesOn()
    {
        var name = await api.CreateAsync();
        using var call = await OpenAsync(name, [], 1);
        await call.RequestStream.WriteAsync(new ProduceRequest { Batch = new ProduceBatch { BatchNumber = 1 } });
        Assert.Equal("INVALID_ARGUMENT", (await AckAsync(call)).ErrorCode);
        await call.RequestStream.WriteAsync(new ProduceRequest { Batch = new ProduceBatch { BatchNumber = 2, Records = { new PutRecordsEntry { PartitionKey = new string('k', 257) } } } });
        Assert.Equal("INVALID_ARGUMENT", (await AckAsync(call)).ErrorCode);
        await SendAsync(call, 3, "good");
        Assert.Equal("", (await AckAsync(call)).ErrorCode);
        Assert.Equal(["good"], await TextsAsync(name));
    }

    [Fact]
    public async Task ASessionThatDoesNotBeginWithOpenIsRefused()
    {
        using var call = api.Records.Produce();
        await call.RequestStream.WriteAsync(new ProduceRequest { Batch = new ProduceBatch { BatchNumber = 1 } });
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", () => call.ResponseStream.MoveNext(default));

        using var shortId = api.Records.Produce();
        await shortId.RequestStream.WriteAsync(new ProduceRequest { Open = new ProduceOpen { StreamName = await api.CreateAsync(), ProducerId = ByteString.CopyFromUtf8("short") } });
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", () => shortId.ResponseStream.MoveNext(default), "16");

        using var unknown = api.Records.Produce();
        await unknown.RequestStream.WriteAsync(new ProduceRequest { Open = new ProduceOpen { StreamName = "there-is-none" } });
        await ApiFixture.FailsAsync("RESOURCE_NOT_FOUND", () => unknown.ResponseStream.MoveNext(default), "there-is-none");
    }

    [Fact]
    public async Task AClientThatVanishesLeavesNothingBehind()
    {
        var name = await api.CreateAsync();
        for (var i = 0; i < 20; i++)
        {
            var call = await OpenAsync(name, [], 1);
            await SendAsync(call, 1, $"v{i}");
            call.Dispose();
        }

        using var after = await OpenAsync(name, [], 1);
        await SendAsync(after, 1, "after");
        Assert.Equal("", (await AckAsync(after)).ErrorCode);
        var texts = await TextsAsync(name);
        Assert.Equal(texts.Distinct(), texts);
        Assert.Contains("after", texts);
    }

    private async Task<AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse>> OpenAsync(string name, byte[] producer, uint epoch)
    {
        var call = api.Records.Produce();
        await call.RequestStream.WriteAsync(new ProduceRequest { Open = new ProduceOpen { StreamName = name, ProducerId = ByteString.CopyFrom(producer), ProducerEpoch = epoch } });
        Assert.True(await call.ResponseStream.MoveNext(default));
        var opened = call.ResponseStream.Current.Opened;
        Assert.Equal(16, opened.ProducerId.Length);
        Assert.Equal((512u, 1_024u), (opened.MaxInFlightBatches, opened.WindowBatches));
        return call;
    }

    private static Task SendAsync(AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> call, ulong number, params string[] texts)
    {
        var batch = new ProduceBatch { BatchNumber = number };
        batch.Records.AddRange(texts.Select(text => new PutRecordsEntry { PartitionKey = text, Data = ByteString.CopyFromUtf8(text) }));
        return call.RequestStream.WriteAsync(new ProduceRequest { Batch = batch });
    }

    private static async Task<ProduceAck> AckAsync(AsyncDuplexStreamingCall<ProduceRequest, ProduceResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(default));
        return call.ResponseStream.Current.Ack;
    }

    /// <summary>The place of each record of a batch.</summary>
    private static IEnumerable<string> Places(ProduceAck ack)
    {
        Assert.Equal("", ack.ErrorCode);
        var places = new SortedDictionary<uint, string>();
        foreach (var part in ack.Parts)
        {
            Assert.True(Broker.Contracts.Shards.SequenceNumber.TryParse(part.FirstSequenceNumber, out var first));
            for (var i = 0; i < part.RecordCount; i++)
            {
                places.Add(part.RecordIndexes.Count == 0 ? (uint)i : part.RecordIndexes[i], $"{part.ShardId} {first with { Position = first.Position + i }}");
            }
        }

        return places.Values;
    }

    private async Task<List<string>> TextsAsync(string name)
    {
        var texts = new List<string>();
        foreach (var shard in await api.ShardsAsync(name))
        {
            var iterator = await api.IteratorAsync(name, shard.ShardId, ShardIteratorType.TrimHorizon);
            while (iterator.Length > 0)
            {
                var page = await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
                texts.AddRange(page.Records.Select(record => record.Data.ToStringUtf8()));
                if (page.Records.Count == 0)
                {
                    break;
                }

                iterator = page.NextShardIterator;
            }
        }

        return texts;
    }
}
