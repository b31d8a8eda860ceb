using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Shards;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Losses;
using Broker.Silo.Storage.Postgres.Rows;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Broker.Tests.Harness.Postgres;
using Broker.Tests.Unit.Silo.Shards;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>A server that is set back to an older copy of its data: the silos notice, nothing goes on silently, and an operator's word lets it.</summary>
public sealed class PostgresLossTests
{
    private readonly Guid producer = Guid.NewGuid();
    private ulong number;

    [PostgresFact]
    public async Task What_a_restored_server_lost_is_noticed_noted_and_passed_over()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await PostgresDatabase.CreateAsync(server);
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        await using var node = await PostgresNode.OpenAsync(database.ConnectionString);
        await using var other = await PostgresNode.OpenAsync(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
        var losses = new PostgresLosses(source);
        var rows = new PostgresRowStore(source, new PostgresOptions(), TimeProvider.System);
        await rows.WriteAsync([new RowWrite(RowKeys.LastGeneration, RowCodec.Encode(new CounterRow { Value = 7 }, StreamRowsJson.Default.CounterRow), 0)], default);

        // Three shards: one goes on in its silo, one is taken over by a silo that a gateway tells, one lost records that nobody misses.
        var owners = Enumerable.Range(0, 3).Select(shard => Open(node, shard)).ToArray();
        List<SequenceNumber> told = [];
        await PutAllAsync(10);
        await server.SaveAsync();
        await PutAllAsync(5);
        await server.GoBackAsync();

        var first = await PutAsync(owners[0]);
        Assert.Equal(BrokerErrorCode.DataLoss, first.Code);
        Assert.Contains("broker recover", first.Message, StringComparison.Ordinal);
        Assert.Equal(BrokerErrorCode.DataLoss, (await PutAsync(Open(other, 1), new KnownEnd(15, 2))).Code);
        foreach (var shard in new[] { 0, 1 })
        {
            // Whoever opens it next knows.
            Assert.Equal(BrokerErrorCode.DataLoss, (await PutAsync(Open(other, shard))).Code);
        }

        var noted = await losses.ListAsync(null, default);
        Assert.Equal([0, 1], noted.Select(loss => loss.Shard.Shard.Index));
        Assert.All(noted, loss => Assert.Equal((10, 15), (loss.FoundPosition, loss.KnownPosition)));
        Assert.Empty(await losses.ListAsync(new StreamGeneration(8), default));

        Assert.Equal(0, await losses.AcceptAsync(new StreamGeneration(8), force: false, default));
        Assert.Equal(3, await losses.AcceptAsync(null, force: false, default));
        Assert.Equal(0, await losses.AcceptAsync(null, force: false, default));
        Assert.Empty(await losses.ListAsync(null, default));
        Assert.Equal(
            7 + (1 << 20), RowCodec.Decode((await rows.GetAsync(RowKeys.LastGeneration, default))!, StreamRowsJson.Default.CounterRow).Value);

        // The next owners go on above all that was told, and what a gateway knows from before is no loss any more.
        owners = [.. Enumerable.Range(0, 3).Select(shard => Open(other, shard))];
        Assert.Equal(15 + ShardLoss.Distance, (await PutAsync(owners[1], new KnownEnd(15, 2))).FirstPosition);
        await PutAllAsync(5);
        Assert.Equal(told.Distinct(), told);
        Assert.Equal(60, told.Count);
        foreach (var ofShard in told.GroupBy(number => number.ShardIndex))
        {
            Assert.Equal(ofShard.Order(), ofShard);
        }

        // What was kept and what came after is read, from before the gap, from what was lost, and from the end of that.
        foreach (var owner in owners)
        {
            var after = owner.Description.Id.Index == 1 ? 6 : 5;
            Assert.Equal(10 + after, await CountAsync(owner, 0));
            Assert.Equal(after, await CountAsync(owner, 12));
            Assert.Equal(after, await CountAsync(owner, 15));
        }

        async Task PutAllAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                foreach (var owner in owners)
                {
                    var put = await PutAsync(owner);
                    Assert.Equal(BrokerErrorCode.None, put.Code);
                    told.Add(new SequenceNumber(owner.Description.CreatedSecond, owner.Description.Id.Index, put.FirstPosition, put.ArrivalUnixMilliseconds / 1_000));
                }
            }
        }
    }

    [PostgresFact]
    public async Task Force_moves_shards_whose_loss_nobody_noticed()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        await using var node = await PostgresNode.OpenAsync(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
        var owner = Open(node, 0);
        await PutAsync(owner);
        Assert.Equal(0, await new PostgresLosses(source).AcceptAsync(null, force: false, default));
        Assert.Equal(1, await new PostgresLosses(source).AcceptAsync(ShardFixture.Stream, force: true, default));
        Assert.Equal(BrokerErrorCode.Unavailable, (await PutAsync(owner)).Code);
        Assert.Equal(1 + ShardLoss.Distance, (await PutAsync(Open(node, 0))).FirstPosition);
    }

    [PostgresFact]
    public async Task A_loss_is_noted_by_the_newest_owner_alone()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        await using var node = await PostgresNode.OpenAsync(database.ConnectionString);
        var key = new ShardKey(ShardFixture.Stream, new ShardId(0));
        var first = await node.Log.OpenAsync(key, default);
        var second = await node.Log.OpenAsync(key, default);
        Assert.False(await node.Log.NoteLossAsync(key, new ShardLoss(first.Epoch, 0, new KnownEnd(3, 0), "a test"), default));
        Assert.False(await node.Log.NoteLossAsync(key with { Shard = new ShardId(1) }, new ShardLoss(0, 0, new KnownEnd(3, 0), "a test"), default));
        Assert.Null((await node.Log.OpenAsync(key, default)).LostEnd);
        Assert.True(await node.Log.NoteLossAsync(key, new ShardLoss(second.Epoch + 1, 0, new KnownEnd(3, 0), "a test"), default));
        Assert.Equal(3, (await node.Log.OpenAsync(key, default)).LostEnd);
        Assert.Equal(1L, await database.AskAsync("SELECT count(*) FROM broker_losses"));
    }

    private static Owner Open(PostgresNode node, int index)
    {
        var description = ShardFixture.Describe(index, HashKeyRange.All);
        var key = new ShardKey(ShardFixture.Stream, description.Id);
        var shard = new Shard(
            key, description, [], node.Log, new ProducerLimits(), TimeProvider.System, new TailCache(1024 * 1024), NullLogger.Instance);
        return new Owner(shard, new ShardReader(key, shard, node.Log, new ShardOptions(), TimeProvider.System), description);
    }

    /// <summary>Puts one record; again where the outcome is unknown, or a connection of the pool had ended with the server.</summary>
    private async Task<AppendResult> PutAsync(Owner owner, KnownEnd known = default)
    {
        var batch = ShardFixture.Batch(owner.Description, new BatchIdentity(producer, 1, ++number), "k");
        for (var attempt = 1; ; attempt++)
        {
            var put = await owner.Shard.AppendAsync(batch, [], known, null, default);
            if (!put.Verdicts.IsDefaultOrEmpty)
            {
                return AppendResult.Committed(put.Verdicts[0].FirstPosition, put.Verdicts[0].ArrivalUnixMilliseconds);
            }

            if (put.Code != BrokerErrorCode.Unavailable || owner.Shard.IsSuperseded || attempt == 50)
            {
                return put;
            }
        }
    }

    private static async Task<int> CountAsync(Owner owner, long from)
    {
        var count = 0;
        while (true)
        {
            var read = await owner.Reader.ReadAsync(new ReadRequest(from, 200, TimeSpan.Zero, 0, false), 0, default);
            Assert.Equal(BrokerErrorCode.None, read.Code);
            if (read.Blocks.IsEmpty && read.FromPosition == read.TailPosition)
            {
                return count;
            }

            from = Math.Max(from, read.FromPosition);
            foreach (var block in read.Blocks)
            {
                Assert.InRange(from, block.Head.FirstPosition, block.Head.EndPosition);
                count += (int)(block.Head.EndPosition - from);
                from = block.Head.EndPosition;
            }
        }
    }

    private sealed record Owner(Shard Shard, ShardReader Reader, ShardDescription Description);
}
