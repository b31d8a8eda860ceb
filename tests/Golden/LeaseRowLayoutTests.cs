using System.Text.Json.Serialization.Metadata;
using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Leases.Rows;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;

namespace Broker.Tests.Golden;

/// <summary>The rows of applications and leases (docs/layouts/rows.md).</summary>
public sealed class LeaseRowLayoutTests
{
    private static readonly LeaseRow Lease = new()
    {
        Owner = "worker-1",
        Session = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        Counter = 9,
        Checkpoint = CheckpointRow.Of(LeaseCheckpoint.At(new SequenceNumber(1_790_000_000, 7, 12, 1_790_000_099), 3)),
        Pending = CheckpointRow.Of(LeaseCheckpoint.ShardEnd),
        Parents = [1, 2],
        OwnerSwitchesSinceCheckpoint = 4,
        BytesPerSecond = 1024.5,
    };

    private static readonly ApplicationRow Application = new()
    {
        CreatedUnixMilliseconds = 1_790_000_000_001,
        FailoverMilliseconds = 10_000,
        HandOverMilliseconds = 30_000,
        CounterFloor = 5,
        Streams =
        [
            new ApplicationStreamRow { Name = "flights", Generation = 42, Position = CheckpointRow.Of(LeaseCheckpoint.AtTimestamp(1_790_000_000_002)), HasBegun = true },
            new ApplicationStreamRow { Name = "orders", Position = CheckpointRow.Of(LeaseCheckpoint.Latest) },
        ],
    };

    [Fact]
    public void A_lease() => Check("row-v1-lease", Lease, LeaseRowsJson.Default.LeaseRow, read =>
    {
        Assert.Equal(Lease.Parents, read.Parents);
        Assert.Equal(Lease with { Parents = read.Parents }, read);
        Assert.Equal(Lease.Checkpoint.ToCheckpoint(), read.Checkpoint.ToCheckpoint());
    });

    [Fact]
    public void An_application() => Check("row-v1-application", Application, LeaseRowsJson.Default.ApplicationRow, read =>
    {
        Assert.Equal(Application.Streams, read.Streams);
        Assert.Equal(Application with { Streams = read.Streams }, read);
    });

    [Fact]
    public void A_lease_is_found_under_its_stream_and_shard()
    {
        var shard = new ShardKey(new StreamGeneration(42), new ShardId(7));
        var key = LeaseRowKeys.Lease("000000000000", "billing", shard);
        Assert.Equal(new RowKey("leases/000000000000/billing", "0000000000000000042/0000000007"), key);
        Assert.Equal(shard, LeaseRowKeys.ShardOf(key));
    }

    private static void Check<T>(string name, T value, JsonTypeInfo<T> type, Action<T> check)
    {
        GoldenFiles.Compare(name, RowCodec.Encode(value, type).Span);
        var bytes = GoldenFiles.Read(name);
        check(RowCodec.Decode(new Row(new RowKey("p", "k"), bytes, 1), type));
        bytes[0] = 2;
        Assert.Equal(
            StorageFault.NewerVersion,
            Assert.Throws<StorageException>(() => RowCodec.Decode(new Row(new RowKey("p", "k"), bytes, 1), type)).Fault);
    }
}
