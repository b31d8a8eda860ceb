using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Tests.Harness.Postgres;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage;

/// <summary>What every log of records holds to, whatever keeps it.</summary>
public abstract class ShardLogContract : IAsyncLifetime
{
    private LogWriter writer = null!;

    protected abstract IShardLog Log { get; }

    protected static ShardKey Key(int shard, long stream = 1) => TestLog.Key(shard, stream);

    public async Task InitializeAsync()
    {
        await OpenAsync();
        writer = new LogWriter(Log);
    }

    public abstract Task DisposeAsync();

    [ContractFact]
    public async Task What_is_committed_is_read_before_and_after_reopening()
    {
        for (var i = 0; i < 40; i++)
        {
            Assert.True((await AppendAsync(Key(0), 20_000)).IsCommitted);
        }

        Assert.True((await AppendAsync(Key(1))).IsCommitted);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(Enumerable.Range(0, 40).Select(ordinal => (long)ordinal), await OrdinalsAsync(Key(0)));
            Assert.Equal([39], await OrdinalsAsync(Key(0), 39));
            Assert.Equal([4, 5], (await Log.ReadAsync(Key(0), 9, 20_200, default)).Select(block => block.Head.Ordinal));
            Assert.Single(await Log.ReadAsync(Key(1), 0, 1, default));
            Assert.Empty(await Log.ReadAsync(Key(1), 2, 1, default));
            Assert.Empty(await Log.ReadAsync(Key(2), 0, 1, default));
            var before = await Log.PeekAsync(Key(0), default);
            var head = await Log.OpenAsync(Key(0), default);
            Assert.Equal((40, 80, -1, false), (head.NextOrdinal, head.NextPosition, head.StateOrdinal, head.IsSealed));
            Assert.True(head.Epoch > before.Epoch);
            Assert.Equal(head, await Log.PeekAsync(Key(0), default));
            await ReopenAsync();
        }

        Assert.True((await AppendAsync(Key(0))).IsCommitted);
        Assert.Equal([39, 40], await OrdinalsAsync(Key(0), 39));
    }

    [ContractFact]
    public async Task A_later_opener_fences_the_earlier()
    {
        await AppendAsync(Key(0));
        var second = await Log.OpenAsync(Key(0), default);
        Assert.Equal(1, second.NextOrdinal);
        Assert.Equal(AppendStatus.Fenced, (await AppendAsync(Key(0))).Status);
        Assert.False(await Log.IsCurrentAsync(Key(0), second.Epoch - 1, default));
        Assert.True(await Log.IsCurrentAsync(Key(0), second.Epoch, default));
        Assert.Equal([0], await OrdinalsAsync(Key(0)));
    }

    [ContractFact]
    public async Task A_sealed_shard_takes_nothing_more()
    {
        await AppendAsync(Key(0));
        Assert.True((await AppendAsync(Key(0), flags: BlockFlags.Seal)).IsCommitted);
        Assert.Equal(AppendStatus.Fenced, (await AppendAsync(Key(0))).Status);
        await ReopenAsync();
        var head = await Log.OpenAsync(Key(0), default);
        Assert.True(head.IsSealed);
        Assert.Equal(1, head.StateOrdinal);
        Assert.Equal([0, 1], await OrdinalsAsync(Key(0)));
        Assert.Equal(0, Assert.Single(await Log.ReadAsync(Key(0), 0, 1_000, default)).Head.Ordinal);
        Assert.Equal(AppendStatus.Fenced, (await AppendAsync(Key(0))).Status);
    }

    [ContractFact]
    public async Task An_append_of_the_largest_size_fits()
    {
        var head = await Log.OpenAsync(Key(0), default);
        var blocks = Enumerable.Range(0, 2)
            .Select(i => PayloadBuilder.MakeBlock(Key(0), new byte[(ShardAppend.MaxBytes / 2) - BlockHead.EncodedLength], 1, []).Stamp(head.Epoch, i, i, 1))
            .ToImmutableArray();
        Assert.True((await Log.AppendAsync(new ShardAppend(Key(0), head.Epoch, 0, blocks))).IsCommitted);
        Assert.True((await AppendAsync(Key(1))).IsCommitted);
        await ReopenAsync();
        Assert.Equal([0, 1], await OrdinalsAsync(Key(0)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Log.AppendAsync(new ShardAppend(Key(0), head.Epoch, 0, [.. blocks, blocks[0]])));
    }

    [ContractFact]
    public async Task Records_are_found_by_arrival()
    {
        for (var arrival = 10; arrival <= 300; arrival += 10)
        {
            await AppendAsync(Key(0), 20_000, arrival);
        }

        await ReopenAsync();
        Assert.Equal(0, await Log.FindAsync(Key(0), 5, default));
        Assert.Equal(2, await Log.FindAsync(Key(0), 11, default));
        Assert.Equal(58, await Log.FindAsync(Key(0), 300, default));
        Assert.Null(await Log.FindAsync(Key(0), 301, default));
    }

    [ContractFact]
    public async Task Records_are_found_among_control_blocks_and_blocks_of_one_moment()
    {
        // Stamps in pairs; every fifth block is a snapshot and has no records.
        List<(long Arrival, long Position)> records = [];
        long position = 0;
        for (var i = 0; i < 43; i++)
        {
            var isControl = i % 5 == 2;
            await AppendAsync(Key(0), arrival: 10 + (i / 2 * 10), flags: isControl ? BlockFlags.ProducerSnapshot : BlockFlags.None);
            if (!isControl)
            {
                records.Add((10 + (i / 2 * 10), position));
                position += 2;
            }
        }

        for (var asked = 5; asked <= 235; asked += 5)
        {
            var expected = records.Where(record => record.Arrival >= asked).Select(record => (long?)record.Position).FirstOrDefault();
            Assert.Equal(expected, await Log.FindAsync(Key(0), asked, default));
        }
    }

    [ContractFact]
    public async Task Pipelined_appends_of_many_shards_commit_in_the_order_of_their_calls()
    {
        var outcomes = new List<Task<AppendOutcome>>();
        for (var shard = 7; shard >= 0; shard--)
        {
            var head = await Log.OpenAsync(Key(shard), default);
            for (var i = 0; i < 20; i++)
            {
                var block = LogWriter.MakeBlock(Key(shard), head, 5_000);
                outcomes.Add(Log.AppendAsync(new ShardAppend(Key(shard), head.Epoch, head.NextOrdinal, [block])).AsTask());
                head = LogWriter.After(head, block);
            }
        }

        Assert.All(await Task.WhenAll(outcomes), outcome => Assert.True(outcome.IsCommitted, outcome.Detail));
        for (var shard = 0; shard < 8; shard++)
        {
            Assert.Equal(Enumerable.Range(0, 20).Select(ordinal => (long)ordinal), await OrdinalsAsync(Key(shard)));
        }
    }

    [ContractFact]
    public async Task An_append_at_another_place_is_refused()
    {
        await AppendAsync(Key(0));
        var head = await Log.OpenAsync(Key(0), default);
        foreach (var wrong in new[] { head with { NextOrdinal = 0, NextPosition = 0 }, head with { NextOrdinal = 2 }, head with { NextPosition = 9 } })
        {
            var block = LogWriter.MakeBlock(Key(0), wrong);
            Assert.Equal(AppendStatus.Fenced, (await Log.AppendAsync(new ShardAppend(Key(0), head.Epoch, wrong.NextOrdinal, [block]))).Status);
        }

        Assert.Equal([0], await OrdinalsAsync(Key(0)));
    }

    [ContractFact]
    public async Task A_deleted_stream_stays_deleted()
    {
        await AppendAsync(Key(0));
        await AppendAsync(Key(0, stream: 2));
        await Log.DeleteStreamAsync(new StreamGeneration(1), default);
        await Log.DeleteStreamAsync(new StreamGeneration(1), default);
        Assert.Equal(AppendStatus.Fenced, (await AppendAsync(Key(0))).Status);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(0, (await Log.OpenAsync(Key(0), default)).NextOrdinal);
            Assert.Equal(AppendStatus.Fenced, (await AppendAsync(Key(0))).Status);
            Assert.Empty(await OrdinalsAsync(Key(0)));
            Assert.Null(await Log.FindAsync(Key(0), 0, default));
            await ReopenAsync();
        }

        Assert.Equal([0], await OrdinalsAsync(Key(0, stream: 2)));
    }

    protected abstract Task OpenAsync();

    protected abstract Task CloseAsync();

    protected async Task ReopenAsync()
    {
        await CloseAsync();
        await InitializeAsync();
    }

    protected Task<AppendOutcome> AppendAsync(ShardKey shard, int payloadBytes = 100, long arrival = 1, BlockFlags flags = BlockFlags.None) =>
        writer.AppendAsync(shard, payloadBytes, arrival, flags);

    protected Task<List<long>> OrdinalsAsync(ShardKey shard, long from = 0) => writer.OrdinalsAsync(shard, from);
}
