using System.Text;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams;
using Broker.Silo.Streams.Rows;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Rows;

public sealed class RowCodecTests
{
    [Fact]
    public void AShardIsReadBackAsItWas()
    {
        var shard = new ShardDescription(new ShardId(7), new HashKeyRange(new HashKey(5), HashKey.Max), [new ShardId(1), new ShardId(2)], 1_790_000_000, 12, 99);
        var row = RowOf(RowCodec.Encode(ShardRow.Of(shard), StreamRowsJson.Default.ShardRow).ToArray());
        var read = RowCodec.Decode(row, StreamRowsJson.Default.ShardRow).ToDescription(shard.Id);
        Assert.Equal(shard with { Parents = read.Parents }, read);
        Assert.True(shard.Parents.SequenceEqual(read.Parents));
    }

    [Fact]
    public void TheFormatIsPinned()
    {
        // What the first release wrote; it stays readable for ever.
        var shard = RowCodec.Decode(
            RowOf([1, .. """{"start":"0","end":"340282366920938463463374607431768211455","parents":[0],"createdSecond":3,"closedPosition":4,"closedUnixMilliseconds":5}"""u8]),
            StreamRowsJson.Default.ShardRow);
        Assert.Equal(HashKeyRange.All, shard.ToDescription(new ShardId(1)).Range);
        Assert.Equal((4, 5), (shard.ClosedPosition, shard.ClosedUnixMilliseconds));
        var head = RowCodec.Decode(RowOf([1, .. """{"name":"s","status":4,"mode":1,"openShards":2,"fromTheFuture":true}"""u8]), StreamRowsJson.Default.StreamHeadRow);
        Assert.Equal(("s", StreamStatus.Updating, StreamMode.Provisioned, 2), (head.Name, head.Status, head.Mode, head.OpenShards));
        var state = RowCodec.Decode(RowOf([1, .. """{"retentionHours":48,"tags":{"b":"2","a":"1"},"operation":{"kind":3,"targetCount":9}}"""u8]), StreamRowsJson.Default.StreamState);
        Assert.Equal((48, ReshardKind.Uniform, 9), (state.RetentionHours, state.Operation!.Kind, state.Operation.TargetCount));
        Assert.Equal(["a", "b"], state.Tags.Keys);
        Assert.Empty(state.Scalings);
    }

    [Theory]
    [InlineData(2, "{}", StorageFault.NewerVersion)]
    [InlineData(0, "{}", StorageFault.Corrupt)]
    [InlineData(1, "{", StorageFault.Corrupt)]
    [InlineData(1, "null", StorageFault.Corrupt)]
    public void WhatCannotBeReadIsSaidPlainly(byte format, string json, StorageFault fault)
    {
        var exception = Assert.Throws<StorageException>(
            () => RowCodec.Decode(RowOf([format, .. Encoding.UTF8.GetBytes(json)]), StreamRowsJson.Default.StreamState));
        Assert.Equal(fault, exception.Fault);
        Assert.Contains("p/k", exception.Message, StringComparison.Ordinal);
    }

    private static Row RowOf(byte[] value) => new(new RowKey("p", "k"), value, 1);
}
