using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams;
using Broker.Silo.Streams.Rows;

namespace Broker.Tests.Golden;

/// <summary>The values of docs/layouts/rows.md, grain state among them.</summary>
public sealed class RowLayoutTests
{
    private static readonly ShardDescription Closed = new(
        new ShardId(7), new HashKeyRange(new HashKey(5), HashKey.Max), [new ShardId(1), new ShardId(2)], 1_790_000_000, 12, 1_790_000_000_099);

    private static readonly ImmutableSortedDictionary<string, string> Tags =
        ImmutableSortedDictionary<string, string>.Empty.Add("b", "2").Add("a", "ä");

    private static readonly StreamHeadRow Head = new()
    {
        Name = "flights",
        Status = StreamStatus.Creating,
        Mode = StreamMode.Provisioned,
        CreatedUnixMilliseconds = 1_790_000_000_001,
        OpenShards = 2,
        ReservedShards = 3,
        Creation = new StreamCreation { ShardCount = 3, MaxRecordBytes = 1_048_576, Tags = Tags },
    };

    private static readonly StreamState State = new()
    {
        RetentionHours = 48,
        HorizonFloorUnixMilliseconds = 1_790_000_000_002,
        MaxRecordBytes = 2_097_152,
        Tags = Tags,
        Operation = new ReshardOperation { Kind = ReshardKind.Split, Shard = 4, NewStart = "17" },
        Scalings = [1_790_000_000_003, 1_790_000_000_004],
        Revision = 5,
    };

    /// <summary>The members that came after the first files: those still pin what a stream without them writes.</summary>
    private static readonly StreamState Later = State with
    {
        ShardLevelMetrics = [ShardLevelMetrics.IncomingBytes, ShardLevelMetrics.OutgoingRecords],
        WarmThroughputMiBps = 8,
        RecordDistribution = RecordDistributionStrategy.Auto,
        ResourcePolicy = """{"Version":"2012-10-17"}""",
        Operation = new ReshardOperation { Kind = ReshardKind.Grow, TargetCount = 8, IsAutomatic = true },
    };

    [Fact]
    public void A_streams_grain_state_with_later_members() => Check("row-v1-state-later", Later, StreamRowsJson.Default.StreamState, read =>
    {
        Assert.Equal(Later.ShardLevelMetrics!.Value.AsEnumerable(), read.ShardLevelMetrics!.Value);
        Assert.Equal(Later with { Tags = read.Tags, Scalings = read.Scalings, ShardLevelMetrics = read.ShardLevelMetrics }, read);
    });

    [Fact]
    public void A_stream_head_with_later_members()
    {
        var head = Head with
        {
            IsAutomatic = true,
            Creation = Head.Creation! with { WarmThroughputMiBps = 8, RecordDistribution = RecordDistributionStrategy.Auto },
        };
        Check("row-v1-head-later", head, StreamRowsJson.Default.StreamHeadRow, read =>
            Assert.Equal(head, read with { Creation = read.Creation! with { Tags = head.Creation.Tags } }));
    }

    [Fact]
    public void A_consumer_with_later_members()
    {
        var consumer = new ConsumerRow { CreatedUnixMilliseconds = 1_790_000_000_006, Tags = Tags, ResourcePolicy = "{}" };
        Check("row-v1-consumer-later", consumer, StreamRowsJson.Default.ConsumerRow, read =>
        {
            Assert.Equal(Tags, read.Tags);
            Assert.Equal(consumer with { Tags = read.Tags }, read);
        });
    }

    [Fact]
    public void A_streams_grain_state_with_data_keys()
    {
        var state = new StreamState
        {
            Encryption = new StreamEncryptionState().Start("alias/a", "m", [1, 2, 3], 1_790_000_000_009).Add("m", [4], 1_790_000_000_010),
            Revision = 6,
        };
        Check("row-v1-state-encrypted", state, StreamRowsJson.Default.StreamState, read =>
        {
            Assert.Equal(state.Encryption!.Keys.AsEnumerable(), read.Encryption!.Keys);
            Assert.Equal(("alias/a", 2u, 1), (read.Encryption.KeyId, read.Encryption.LastGeneration, read.Encryption.Starts.Length));
        });
    }

    [Fact]
    public void An_accounts_settings()
    {
        var commitment = BillingCommitment.None.Enable(1_790_000_000_007).Disable(1_790_000_000_008);
        Check(
            "row-v1-account",
            AccountSettingsRow.Of(commitment),
            StreamRowsJson.Default.AccountSettingsRow,
            read => Assert.Equal(commitment, read.ToCommitment()));
    }

    [Fact]
    public void A_closed_shard() => Check("row-v1-shard-closed", ShardRow.Of(Closed), StreamRowsJson.Default.ShardRow, read =>
    {
        var shard = read.ToDescription(Closed.Id);
        Assert.Equal(Closed with { Parents = shard.Parents }, shard);
        Assert.Equal(Closed.Parents.AsEnumerable(), shard.Parents);
    });

    [Fact]
    public void An_open_shard()
    {
        var open = Closed with { Parents = [], ClosedPosition = null, ClosedUnixMilliseconds = null };
        Check("row-v1-shard-open", ShardRow.Of(open), StreamRowsJson.Default.ShardRow, read => Assert.True(read.ToDescription(open.Id) is { IsOpen: true, Parents: [] }));
    }

    [Fact]
    public void A_stream_head() => Check("row-v1-head", Head, StreamRowsJson.Default.StreamHeadRow, read =>
    {
        Assert.Equal(Head with { Creation = null }, read with { Creation = null });
        Assert.Equal((3, 1_048_576), (read.Creation!.ShardCount, read.Creation.MaxRecordBytes));
        Assert.Equal(Head.Creation!.Tags, read.Creation.Tags);
    });

    [Fact]
    public void A_streams_grain_state() => Check("row-v1-state", State, StreamRowsJson.Default.StreamState, read =>
    {
        Assert.Equal(State.Tags, read.Tags);
        Assert.Equal(State.Scalings.AsEnumerable(), read.Scalings);
        Assert.Equal(State with { Tags = read.Tags, Scalings = read.Scalings }, read);
    });

    [Fact]
    public void A_name() => Check(
        "row-v1-name", new NameRow { Generation = 42 }, StreamRowsJson.Default.NameRow, read => Assert.Equal(42, read.Generation));

    [Fact]
    public void A_consumer() => Check(
        "row-v1-consumer",
        new ConsumerRow { CreatedUnixMilliseconds = 1_790_000_000_006 },
        StreamRowsJson.Default.ConsumerRow,
        read => Assert.Equal(1_790_000_000_006, read.CreatedUnixMilliseconds));

    [Fact]
    public void A_counter() => Check(
        "row-v1-counter", new CounterRow { Value = long.MaxValue }, StreamRowsJson.Default.CounterRow, read => Assert.Equal(long.MaxValue, read.Value));

    [Fact]
    public void A_secret() => Check(
        "row-v1-secret", new SecretRow { Base64 = "AAECAw==" }, StreamRowsJson.Default.SecretRow, read => Assert.Equal("AAECAw==", read.Base64));

    private static void Check<T>(string name, T value, JsonTypeInfo<T> type, Action<T> check)
    {
        GoldenFiles.Compare(name, RowCodec.Encode(value, type).Span);
        var bytes = GoldenFiles.Read(name);
        check(RowCodec.Decode(new Row(new RowKey("p", "k"), bytes, 1), type));
        bytes[0] = 2;
        var exception = Assert.Throws<StorageException>(() => RowCodec.Decode(new Row(new RowKey("p", "k"), bytes, 1), type));
        Assert.Equal(StorageFault.NewerVersion, exception.Fault);
        Assert.Contains("format 2, written by a newer release", exception.Message, StringComparison.Ordinal);
    }
}
