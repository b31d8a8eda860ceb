using System.Collections.Immutable;
using System.Text;
using Broker.Cli.Verify;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Tests.Harness.Postgres;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>Two owners of one shard that do not know of each other, and the checker of <c>broker verify</c> over what they were told: a store that forgets to check who appends is caught.</summary>
public sealed class ForgottenFenceTests
{
    private const string Run = "fence";
    private const int Appends = 20;
    private static readonly ShardKey Shard = new(new StreamGeneration(5), new ShardId(0));

    [PostgresFact]
    public async Task A_store_without_the_epoch_check_is_caught()
    {
        var report = await LiveTwiceAsync(PlantedBugs.ForgotFence);
        Assert.False(report.IsClean);
        Assert.True(report.Lost > 0, report.Verdict);
        Assert.Contains(report.Faults, fault => fault is { Kind: FaultKind.Lost, Reader: "again" });
    }

    [PostgresFact]
    public async Task The_store_as_it_is_lets_one_of_them_append_and_loses_nothing()
    {
        var report = await LiveTwiceAsync(PlantedBugs.None);
        Assert.True(report.IsClean, string.Join('\n', report.Faults));
        Assert.Equal(Appends, report.Acknowledged);
    }

    /// <summary>Both open the shard, and append in turn without opening it again.</summary>
    private static async Task<VerifyReport> LiveTwiceAsync(PlantedBugs bugs)
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await new PostgresSchema(Microsoft.Extensions.Logging.Abstractions.NullLogger<PostgresSchema>.Instance).MigrateAsync(database.ConnectionString, default);
        await using var one = await PostgresNode.OpenAsync(database.ConnectionString, bugs: bugs);
        await using var two = await PostgresNode.OpenAsync(database.ConnectionString, bugs: bugs);
        (IShardLog Log, ShardHead Head)[] owners = [(one.Log, await one.Log.OpenAsync(Shard, default)), (two.Log, await two.Log.OpenAsync(Shard, default))];
        var ledger = new VerifyLedger([], TimeProvider.System);
        for (var number = 0; number < Appends; number++)
        {
            for (var producer = 0; producer < owners.Length; producer++)
            {
                var (log, head) = owners[producer];
                var record = new VerifyRecord(producer, 0, number);
                ledger.Attempt(record);
                var block = Make(record).Stamp(head.Epoch, head.NextOrdinal, head.NextPosition, 1 + number);
                var outcome = await log.AppendAsync(new ShardAppend(Shard, head.Epoch, head.NextOrdinal, [block]));
                if (outcome.IsCommitted)
                {
                    ledger.Acknowledge([(record, Shard.Shard.ToString(), Place(head.NextPosition))], TimeSpan.Zero, wasRefused: false);
                    owners[producer].Head = LogWriter.After(head, block);
                }
            }
        }

        ledger.ReadAgain();
        foreach (var block in await one.Log.ReadAsync(Shard, 0, int.MaxValue, default))
        {
            var reader = new BlockRecordReader(block.Payload.Span);
            Assert.True(reader.TryRead(out var read));
            Assert.True(VerifyRecord.TryRead(read.Data, Run, out var record));
            ledger.Take(VerifyLedger.Again, record, Shard.Shard.ToString(), Place(block.Head.FirstPosition));
        }

        return ledger.Report("s", 0);
    }

    private static RecordBlock Make(VerifyRecord record)
    {
        var data = new byte[96];
        record.Write(data, Run);
        using var builder = new PayloadBuilder();
        builder.Add(Encoding.UTF8.GetBytes(record.PartitionKey), data, null);
        return builder.Build(Shard, ImmutableArray<BlockIdentity>.Empty);
    }

    private static string Place(long position) => (new SequenceNumber(1_750_000_000, 0, position, 1_750_000_000)).ToString();
}
