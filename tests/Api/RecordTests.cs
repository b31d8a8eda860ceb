using System.Text;
using Broker.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>Putting records and getting them, and each error of either, over gRPC against the real process.</summary>
[Collection("api")]
public sealed class RecordTests(ApiFixture api)
{
    private const string First = "shardId-000000000000";

    [Fact]
    public async Task WhatIsPutIsGot()
    {
        var name = await api.CreateAsync();
        var put = await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "ключ", Data = Bytes("hello") });
        Assert.Equal(First, put.ShardId);
        Assert.Equal(56, put.SequenceNumber.Length);
        var record = Assert.Single((await ReadAsync(name, ShardIteratorType.TrimHorizon)).Records);
        Assert.Equal((put.SequenceNumber, "ключ", "hello"), (record.SequenceNumber, record.PartitionKey, record.Data.ToStringUtf8()));
        Assert.InRange(DateTimeOffset.UtcNow - record.ApproximateArrivalTimestamp.ToDateTimeOffset(), TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task RecordsGoToTheShardOfTheirHashKey()
    {
        var name = await api.CreateAsync(4);
        var answer = await api.Records.PutRecordsAsync(new PutRecordsRequest
        {
            StreamName = name,
            Records =
            {
                new PutRecordsEntry { PartitionKey = "k", ExplicitHashKey = "0" },
                new PutRecordsEntry { PartitionKey = "k", ExplicitHashKey = "340282366920938463463374607431768211455" },
                new PutRecordsEntry { PartitionKey = "k", ExplicitHashKey = "85070591730234615865843651857942052864" },
                new PutRecordsEntry { PartitionKey = "k" },
            },
        });
        Assert.Equal(0, answer.FailedRecordCount);

        // MD5("k") = 8ce4b16b22b58894aa86c421e8759df3 lies in the third quarter.
        Assert.Equal([First, "shardId-000000000003", "shardId-000000000001", "shardId-000000000002"], answer.Results.Select(result => result.ShardId));
    }

    [Fact]
    public async Task BadPutsAreRefusedWithWhatIsWrong()
    {
        var name = await api.CreateAsync();
        await Put(new PutRecordRequest { StreamName = await api.CreateAsync(1, StreamMode.Provisioned) }, "partition_key", "ON_DEMAND");
        await Put(new PutRecordRequest { StreamName = name, PartitionKey = new string('k', 257) }, "partition_key", "256");
        await Put(new PutRecordRequest { StreamName = name, PartitionKey = "k", ExplicitHashKey = "340282366920938463463374607431768211456" }, "340282366920938463463374607431768211456");
        await Put(new PutRecordRequest { StreamName = name, PartitionKey = "k", ExplicitHashKey = "01" }, "01");
        await Put(new PutRecordRequest { StreamName = name, PartitionKey = "k", Data = ByteString.CopyFrom(new byte[1024 * 1024]) }, "1048576");
        await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k", Data = ByteString.CopyFrom(new byte[(1024 * 1024) - 1]) });

        await PutMany(new PutRecordsRequest { StreamName = name }, "records");
        var tooMany = new PutRecordsRequest { StreamName = name };
        for (var i = 0; i < 501; i++)
        {
            tooMany.Records.Add(new PutRecordsEntry { PartitionKey = "k" });
        }

        await PutMany(tooMany, "500");
        var tooLarge = new PutRecordsRequest { StreamName = name };
        for (var i = 0; i < 11; i++)
        {
            tooLarge.Records.Add(new PutRecordsEntry { PartitionKey = "k", Data = ByteString.CopyFrom(new byte[1000 * 1000]) });
        }

        await PutMany(tooLarge, "10485760");

        Task Put(PutRecordRequest request, params string[] texts) =>
            ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Records.PutRecordAsync(request), texts);
        Task PutMany(PutRecordsRequest request, params string[] texts) =>
            ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Records.PutRecordsAsync(request), texts);
    }

    [Fact]
    public async Task ATenMebibyteRecordGoesThroughWhereTheStreamAllowsIt()
    {
        var name = await api.CreateAsync();
        await api.Streams.UpdateMaxRecordSizeAsync(new UpdateMaxRecordSizeRequest { StreamName = name, MaxRecordSizeKib = 10_240 });
        await api.ActiveAsync(name);
        var data = new byte[(10 * 1024 * 1024) - 1];
        new Random(1).NextBytes(data);
        await RetryAsync(async () => await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k", Data = UnsafeByteOperations.UnsafeWrap(data) }));
        await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k", Data = Bytes("after") });
        var page = await ReadAsync(name, ShardIteratorType.TrimHorizon);
        Assert.True(Assert.Single(page.Records).Data.Span.SequenceEqual(data));
        page = await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = page.NextShardIterator });
        Assert.Equal("after", Assert.Single(page.Records).Data.ToStringUtf8());
    }

    [Fact]
    public async Task EveryKindOfIteratorBeginsWhereItShould()
    {
        var name = await api.CreateAsync();
        var sequences = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            sequences.Add((await PutAsync(name, $"{i}")).SequenceNumber);
            await Task.Delay(5);
        }

        Assert.Equal(["0", "1", "2", "3", "4"], await TextsAsync(name, ShardIteratorType.TrimHorizon));
        Assert.Equal(["2", "3", "4"], await TextsAsync(name, ShardIteratorType.AtSequenceNumber, sequences[2]));
        Assert.Equal(["3", "4"], await TextsAsync(name, ShardIteratorType.AfterSequenceNumber, sequences[2]));
        Assert.Empty(await TextsAsync(name, ShardIteratorType.AfterSequenceNumber, sequences[4]));
        var stamps = (await ReadAsync(name, ShardIteratorType.TrimHorizon)).Records.Select(record => record.ApproximateArrivalTimestamp).ToArray();
        Assert.Equal(["3", "4"], await TextsAtAsync(name, stamps[3]));
        Assert.Equal(["0", "1", "2", "3", "4"], await TextsAtAsync(name, Timestamp.FromDateTime(DateTime.UnixEpoch)));

        var latest = await api.IteratorAsync(name, First, ShardIteratorType.Latest);
        await PutAsync(name, "5");
        await Task.Delay(100);
        Assert.Equal("5", Assert.Single((await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = latest })).Records).Data.ToStringUtf8());
    }

    [Fact]
    public async Task GetRecordsHonoursItsLimitAndGoesOnExactly()
    {
        var name = await api.CreateAsync();
        var put = new PutRecordsRequest { StreamName = name };
        for (var i = 0; i < 25; i++)
        {
            put.Records.Add(new PutRecordsEntry { PartitionKey = "k", Data = Bytes($"{i}") });
        }

        await api.Records.PutRecordsAsync(put);
        var iterator = await api.IteratorAsync(name, First, ShardIteratorType.TrimHorizon);
        var texts = new List<string>();
        for (var page = 0; page < 4; page++)
        {
            var answer = await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator, Limit = 7 });
            Assert.True(answer.Records.Count <= 7);
            texts.AddRange(answer.Records.Select(record => record.Data.ToStringUtf8()));
            Assert.Equal(page == 3, answer.MillisBehindLatest == 0 && answer.Records.Count == 4);
            iterator = answer.NextShardIterator;
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"{i}"), texts);
    }

    [Fact]
    public async Task BadIteratorsAreRefused()
    {
        var name = await api.CreateAsync(2);
        var put = await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k", ExplicitHashKey = "0" });
        await Refused("INVALID_ARGUMENT", First, ShardIteratorType.Unspecified);
        await Refused("INVALID_ARGUMENT", First, ShardIteratorType.AtSequenceNumber);
        await Refused("INVALID_ARGUMENT", First, ShardIteratorType.AtSequenceNumber, "12345");
        await Refused("INVALID_ARGUMENT", "shardId-000000000001", ShardIteratorType.AtSequenceNumber, put.SequenceNumber);
        await Refused("RESOURCE_NOT_FOUND", "shardId-000000000007", ShardIteratorType.Latest);
        await Refused("INVALID_ARGUMENT", "nonsense", ShardIteratorType.Latest);
        await ApiFixture.FailsAsync("INVALID_ARGUMENT", () => TextsAtAsync(name, Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddHours(1))));
        var good = await api.IteratorAsync(name, First, ShardIteratorType.TrimHorizon);
        Assert.True(good.Length <= 512);
        foreach (var bad in new[] { "", "x", good[..^1], good + "A", new string('A', good.Length), (good[0] == 'A' ? 'B' : 'A') + good[1..], good[..10] + (good[10] == 'x' ? 'y' : 'x') + good[11..] })
        {
            await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = bad }));
        }

        await ApiFixture.FailsAsync("INVALID_ARGUMENT", async () => await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = good, Limit = 10_001 }), "10001");

        Task Refused(string reason, string shard, ShardIteratorType type, string sequence = "") =>
            ApiFixture.FailsAsync(reason, () => api.IteratorAsync(name, shard, type, sequence));
    }

    [Fact]
    public async Task AProvisionedShardRefusesWhatIsAboveItsLimitAndSaysWhichSettingLiftsIt()
    {
        var name = await api.CreateAsync(1, StreamMode.Provisioned);
        var request = new PutRecordsRequest { StreamName = name };
        for (var i = 0; i < 500; i++)
        {
            request.Records.Add(new PutRecordsEntry { PartitionKey = "k", Data = ByteString.CopyFrom(new byte[1000]) });
        }

        var failed = new List<PutRecordsResult>();
        var taken = 0;
        for (var i = 0; i < 4; i++)
        {
            var answer = await api.Records.PutRecordsAsync(request);
            Assert.Equal(answer.FailedRecordCount, answer.Results.Count(result => result.ErrorCode.Length > 0));
            failed.AddRange(answer.Results.Where(result => result.ErrorCode.Length > 0));
            taken += answer.Results.Count - answer.FailedRecordCount;
        }

        Assert.NotEmpty(failed);
        Assert.InRange(taken, 900, 1_900);
        Assert.All(failed, result => Assert.Equal("PROVISIONED_THROUGHPUT_EXCEEDED", result.ErrorCode));
        Assert.Contains(First, failed[0].ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("Broker:Limits:ShardWrite", failed[0].ErrorMessage, StringComparison.Ordinal);

        var iterator = await api.IteratorAsync(name, First, ShardIteratorType.Latest);
        await ApiFixture.FailsAsync(
            "PROVISIONED_THROUGHPUT_EXCEEDED",
            async () =>
            {
                for (var i = 0; i < 30; i++)
                {
                    await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
                }
            },
            First, "ShardReadCallsPerSecond");
    }

    private Task<PutRecordResponse> PutAsync(string name, string text) =>
        api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, PartitionKey = "k", Data = Bytes(text) }).ResponseAsync;

    private async Task<GetRecordsResponse> ReadAsync(string name, ShardIteratorType type, string sequence = "") =>
        await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = await api.IteratorAsync(name, First, type, sequence) });

    private async Task<IEnumerable<string>> TextsAsync(string name, ShardIteratorType type, string sequence = "") =>
        (await ReadAsync(name, type, sequence)).Records.Select(record => record.Data.ToStringUtf8());

    private async Task<IEnumerable<string>> TextsAtAsync(string name, Timestamp timestamp)
    {
        var iterator = await api.Records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = name,
            ShardId = First,
            StartingPosition = new StartingPosition { Type = ShardIteratorType.AtTimestamp, Timestamp = timestamp },
        });
        return (await api.Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator.ShardIterator })).Records.Select(record => record.Data.ToStringUtf8());
    }

    /// <summary>Gateways learn of new settings within a second or so.</summary>
    private static async Task RetryAsync(Func<Task> call)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                await call();
                return;
            }
            catch (Grpc.Core.RpcException) when (i < 30)
            {
                await Task.Delay(100);
            }
        }
    }

    private static ByteString Bytes(string text) => ByteString.CopyFrom(text, Encoding.UTF8);

    [Fact]
    public async Task ARecordWithoutAPartitionKeyIsTakenOnDemandAndReadWithout()
    {
        var name = await api.CreateAsync();
        var put = await api.Records.PutRecordAsync(new PutRecordRequest { StreamName = name, Data = ByteString.CopyFromUtf8("x") });
        Assert.Equal(First, put.ShardId);
        var record = Assert.Single((await ReadAsync(name, ShardIteratorType.TrimHorizon)).Records);
        Assert.Equal(("", "x"), (record.PartitionKey, record.Data.ToStringUtf8()));
    }
}
