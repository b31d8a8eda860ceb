using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;

namespace Broker.Tests.Golden;

/// <summary>docs/layouts/producers.md.</summary>
public sealed class ProducerLayoutTests
{
    private const string File = "producers-v1.bin";
    private static readonly Guid Client = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid Gateway = new("ffeeddcc-bbaa-9988-7766-554433221100");

    [Fact]
    public void A_snapshot_is_written_as_version_1() => GoldenFiles.Compare(File, ProducerSnapshot.Encode(MakeTable()));

    [Fact]
    public void A_snapshot_of_version_1_is_read()
    {
        var table = NewTable();
        ProducerSnapshot.DecodeInto(table, GoldenFiles.Read(File));
        Assert.Equal(MakeTable().Ancestors, table.Ancestors);
        Assert.Equal([Client, Gateway], table.Producers.Keys);
        var window = table.Producers[Client];
        Assert.Equal((4u, 1_001ul, 1_700_000_000_002), (window.Epoch, window.Highest, window.LastSeenUnixMilliseconds));
        Assert.Equal(
            [new TakenBatch(1, 7, 2, 1_700_000_000_000), new TakenBatch(5, 0, 3, 1_700_000_000_002)], window.TakersOf(1_000));
        Assert.Equal([new TakenBatch(5, 3, 1, 1_700_000_000_001)], window.TakersOf(1_001));
        Assert.Equal([new TakenBatch(5, 4, 9, 1_700_000_000_002)], table.Producers[Gateway].TakersOf(1));
    }

    [Fact]
    public void A_newer_snapshot_is_refused()
    {
        var bytes = GoldenFiles.Read(File);
        bytes[0] = 2;
        var exception = Assert.Throws<InvalidDataException>(() => ProducerSnapshot.DecodeInto(NewTable(), bytes));
        Assert.Contains("version 2 was written by a newer release", exception.Message, StringComparison.Ordinal);
    }

    private static ProducerTable NewTable() => new(new Ancestor(new ShardId(5), HashKeyRange.All, 1_700_000_005), new ProducerLimits());

    private static ProducerTable MakeTable()
    {
        var table = NewTable();
        table.Inherit(new Ancestor(new ShardId(1), new HashKeyRange(new HashKey(16), new HashKey(UInt128.MaxValue >> 1)), 1_700_000_001));
        table.Add(new BatchIdentity(Client, 4, 1_000), new TakenBatch(1, 7, 2, 1_700_000_000_000));
        table.Add(new BatchIdentity(Client, 4, 1_001), new TakenBatch(5, 3, 1, 1_700_000_000_001));
        table.Add(new BatchIdentity(Client, 4, 1_000), new TakenBatch(5, 0, 3, 1_700_000_000_002));
        table.Add(new BatchIdentity(Gateway, BatchIdentity.GatewayEpoch, 1), new TakenBatch(5, 4, 9, 1_700_000_000_002));
        return table;
    }
}
