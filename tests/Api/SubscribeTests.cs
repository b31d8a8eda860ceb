using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>Server push: what comes, when, and how it ends.</summary>
[Collection("api")]
public sealed class SubscribeTests(ApiFixture api)
{
    private const string First = "shardId-000000000000";

    [Fact]
    public async Task ASubscriberSeesHistoryThenEveryNewRecordThenTheChildrenAndTheEnd()
    {
        var name = await api.CreateAsync();
        await PutAsync(name, "old");
        using var call = Subscribe(name, ShardIteratorType.TrimHorizon);
        Assert.Equal("old", await NextAsync(call));
        await PutAsync(name, "new");
        Assert.Equal("new", await NextAsync(call));
        await api.Streams.SplitShardAsync(new SplitShardRequest { StreamName = name, ShardToSplit = First, NewStartingHashKey = "5" });

        var children = new List<string>();
        while (await call.ResponseStream.MoveNext(default))
        {
            Assert.Empty(call.ResponseStream.Current.Records);
            children.AddRange(call.ResponseStream.Current.ChildShards.Select(child => child.ShardId));
        }

        Assert.Equal(["shardId-000000000001", "shardId-000000000002"], children);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task SubscriptionsEndSoonAfterTheirStreamIsDeleted()
    {
        var name = await api.CreateAsync();
        await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "c" });
        using var plain = Subscribe(name, ShardIteratorType.Latest);
        using var registered = api.Records.SubscribeToShard(new SubscribeToShardRequest
        {
            StreamName = name,
            ShardId = First,
            ConsumerName = "c",
            StartingPosition = new StartingPosition { Type = ShardIteratorType.Latest },
        });
        Assert.True(await plain.ResponseStream.MoveNext(default));
        Assert.True(await registered.ResponseStream.MoveNext(default));
        await api.Streams.DeleteStreamAsync(new DeleteStreamRequest { StreamName = name, EnforceConsumerDeletion = true });
        foreach (var call in new[] { plain, registered })
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(3));
            await ApiFixture.FailsAsync("RESOURCE_NOT_FOUND", async () =>
            {
                while (await call.ResponseStream.MoveNext(soon.Token))
                {
                }
            });
        }
    }

    [Fact]
    public async Task TheFirstEventComesAtOnceAndHeartbeatsFollow()
    {
        var name = await api.CreateAsync();
        using var call = Subscribe(name, ShardIteratorType.Latest);
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        Assert.True(await call.ResponseStream.MoveNext(soon.Token));
        Assert.Empty(call.ResponseStream.Current.Records);
        using var later = new CancellationTokenSource(TimeSpan.FromSeconds(6));
        Assert.True(await call.ResponseStream.MoveNext(later.Token));
        Assert.Equal(0, call.ResponseStream.Current.MillisBehindLatest);
    }

    [Fact]
    public async Task TheContinuationGoesOnExactlyHere()
    {
        var name = await api.CreateAsync();
        for (var i = 0; i < 3; i++)
        {
            await PutAsync(name, $"{i}");
        }

        string continuation;
        using (var call = Subscribe(name, ShardIteratorType.TrimHorizon))
        {
            var seen = new List<string>();
            do
            {
                Assert.True(await call.ResponseStream.MoveNext(default));
                seen.AddRange(call.ResponseStream.Current.Records.Select(record => record.Data.ToStringUtf8()));
                continuation = call.ResponseStream.Current.ContinuationSequenceNumber;
            }
            while (seen.Count < 3);
        }

        await PutAsync(name, "3");
        using var next = Subscribe(name, ShardIteratorType.AfterSequenceNumber, continuation);
        Assert.Equal("3", await NextAsync(next));
    }

    [Fact]
    public async Task TwentySubscribersEachSeeEveryRecordInOrder()
    {
        var name = await api.CreateAsync();
        var calls = Enumerable.Range(0, 20).Select(_ => Subscribe(name, ShardIteratorType.TrimHorizon)).ToArray();
        for (var i = 0; i < 200; i++)
        {
            await PutAsync(name, $"{i}");
        }

        await Task.WhenAll(calls.Select(async call =>
        {
            var seen = new List<string>();
            while (seen.Count < 200)
            {
                Assert.True(await call.ResponseStream.MoveNext(default));
                seen.AddRange(call.ResponseStream.Current.Records.Select(record => record.Data.ToStringUtf8()));
            }

            Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), seen);
            call.Dispose();
        }));
    }

    [Fact]
    public async Task ASecondSubscriptionOfAConsumerTakesOverAfterFiveSeconds()
    {
        var name = await api.CreateAsync();
        await api.Streams.RegisterStreamConsumerAsync(new RegisterStreamConsumerRequest { StreamName = name, ConsumerName = "c" });
        await PutAsync(name, "a");
        using var first = Subscribe(name, ShardIteratorType.TrimHorizon, consumer: "c");
        Assert.Equal("a", await NextAsync(first));
        using (var early = Subscribe(name, ShardIteratorType.TrimHorizon, consumer: "c"))
        {
            await ApiFixture.FailsAsync("RESOURCE_IN_USE", () => early.ResponseStream.MoveNext(default), "c");
        }

        await Task.Delay(TimeSpan.FromSeconds(5.2));
        using var second = Subscribe(name, ShardIteratorType.TrimHorizon, consumer: "c");
        Assert.Equal("a", await NextAsync(second));
        await ApiFixture.FailsAsync("RESOURCE_IN_USE", async () =>
        {
            while (await first.ResponseStream.MoveNext(default))
            {
            }
        });
        await PutAsync(name, "b");
        Assert.Equal("b", await NextAsync(second));
    }

    [Fact]
    public async Task BadSubscriptionsAreRefused()
    {
        var name = await api.CreateAsync();
        await Refused("RESOURCE_NOT_FOUND", Subscribe("there-is-none", ShardIteratorType.Latest));
        await Refused("RESOURCE_NOT_FOUND", Subscribe(name, ShardIteratorType.Latest, consumer: "nobody"));
        await Refused("INVALID_ARGUMENT", Subscribe(name, ShardIteratorType.Unspecified));
        await Refused("INVALID_ARGUMENT", Subscribe(name, ShardIteratorType.AtSequenceNumber, "7"));
        await Refused("RESOURCE_NOT_FOUND", api.Records.SubscribeToShard(new SubscribeToShardRequest
        {
            StreamName = name,
            ShardId = "shardId-000000000009",
            StartingPosition = new StartingPosition { Type = ShardIteratorType.Latest },
        }));

        static async Task Refused(string reason, AsyncServerStreamingCall<SubscribeToShardResponse> call)
        {
            using (call)
            {
                await ApiFixture.FailsAsync(reason, () => call.ResponseStream.MoveNext(default));
            }
        }
    }

    [Fact]
    public async Task ASubscriberThatNeverReadsDisturbsNobodyAndCostsBoundedMemory()
    {
        var name = await api.CreateAsync();
        var stalled = Enumerable.Range(0, 10).Select(_ => Subscribe(name, ShardIteratorType.TrimHorizon)).ToArray();
        using var reader = Subscribe(name, ShardIteratorType.TrimHorizon);
        var before = WorkingSet();
        var data = ByteString.CopyFrom(new byte[50_000]);
        var put = new PutRecordsRequest { StreamName = name };
        for (var i = 0; i < 100; i++)
        {
            put.Records.Add(new PutRecordsEntry { PartitionKey = "k", Data = data });
        }

        var seen = 0;
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(0, (await api.Records.PutRecordsAsync(put)).FailedRecordCount);
            while (seen < (i + 1) * 100)
            {
                Assert.True(await reader.ResponseStream.MoveNext(default));
                seen += reader.ResponseStream.Current.Records.Count;
            }
        }

        // 200 MB went through; ten stalled subscribers that each held it would be 2 GB.
        Assert.InRange(WorkingSet() - before, long.MinValue, 900L * 1024 * 1024);
        foreach (var call in stalled)
        {
            call.Dispose();
        }
    }

    private long WorkingSet()
    {
        using var process = System.Diagnostics.Process.GetProcessById(api.Broker.ProcessId);
        return process.WorkingSet64;
    }

    private AsyncServerStreamingCall<SubscribeToShardResponse> Subscribe(string name, ShardIteratorType type, string sequence = "", string consumer = "") =>
        api.Records.SubscribeToShard(new SubscribeToShardRequest
        {
            StreamName = name,
            ShardId = First,
            StartingPosition = new StartingPosition { Type = type, SequenceNumber = sequence },
            ConsumerName = consumer,
        });

    private static async Task<string> NextAsync(AsyncServerStreamingCall<SubscribeToShardResponse> call)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await call.ResponseStream.MoveNext(timeout.Token))
        {
            if (call.ResponseStream.Current.Records.Count > 0)
            {
                return Assert.Single(call.ResponseStream.Current.Records).Data.ToStringUtf8();
            }
        }

        throw new InvalidOperationException("The subscription ended.");
    }

    private async Task PutAsync(string name, string text) =>
        await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k", Data = ByteString.CopyFromUtf8(text) });
}
