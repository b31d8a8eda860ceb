using System.Collections.Immutable;
using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Leases;
using Broker.Silo.Leases.Rows;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Leases;

/// <summary>A lease table on a fake clock, and the rows that it would write; several tables can stand on the same rows.</summary>
internal sealed class LeaseHarness
{
    public const string Orders = "orders";

    public static readonly StreamGeneration Generation = new(7);

    private readonly Dictionary<ShardKey, (LeaseRow Row, long Version)> rows;
    private readonly LeaseHarness? first;
    private (ApplicationRow? Row, long Version) application;

    public LeaseHarness(LeaseOptions? options = null, LeaseHarness? sharing = null)
    {
        Options = options ?? sharing?.Options ?? new LeaseOptions { MoveCooldown = TimeSpan.Zero };
        Time = sharing?.Time ?? new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        first = sharing;
        rows = sharing?.rows ?? [];
        Table = new LeaseTable("billing", "000000000000", Time, Options);
        Reload();
    }

    public LeaseOptions Options { get; }

    public FakeTimeProvider Time { get; }

    public LeaseTable Table { get; }

    /// <summary>Rows written so far, by all tables.</summary>
    public int Writes { get; private set; }

    public IReadOnlyDictionary<ShardKey, (LeaseRow Row, long Version)> Rows => rows;

    private (ApplicationRow? Row, long Version) Application
    {
        get => first?.Application ?? application;
        set
        {
            if (first is not null)
            {
                first.Application = value;
            }
            else
            {
                application = value;
            }
        }
    }

    public static ShardKey Key(int shard) => new(Generation, new ShardId(shard));

    public static ShardDescription Shard(int index, bool closed = false, params int[] parents) => new(
        new ShardId(index), HashKeyRange.All, [.. parents.Select(parent => new ShardId(parent))], 1_700_000_000 + index, closed ? 10 : null, closed ? 1_700_000_100_000 : null);

    public static LeaseCheckpoint At(int shard, long position, ulong? sub = null) =>
        LeaseCheckpoint.At(new SequenceNumber(1_700_000_000 + shard, shard, position, 1_700_000_050), sub);

    public static StreamMap Map(params ShardDescription[] shards) => Map(Generation, shards);

    public static StreamMap Map(StreamGeneration generation, params ShardDescription[] shards) => new(
        new StreamDescription(Orders, generation, StreamStatus.Active, StreamMode.OnDemand, 24, 0, 1 << 20, 0, shards.Length, 0, 1), [.. shards]);

    /// <summary>A round of the grain: advance, change, balance, answer, write.</summary>
    public T Turn<T>(Func<LeaseTable, T> change)
    {
        Table.Advance();
        var result = change(Table);
        Table.Balance();
        Commit();
        return result;
    }

    public void Turn(Action<LeaseTable> change) => Turn(table =>
    {
        change(table);
        return true;
    });

    /// <summary>Everything of a round but its write.</summary>
    public void TurnWithoutWrite(Action<LeaseTable> change)
    {
        Table.Advance();
        change(Table);
        Table.Balance();
    }

    /// <exception cref="InvalidOperationException">Another table wrote a row meanwhile: nothing is written.</exception>
    public void Commit()
    {
        var changes = Table.TakeChanges();
        if (changes.Leases.Any(change => rows.GetValueOrDefault(change.Key).Version != change.Value.Version)
            || (changes.Application is { } own && own.Version != Application.Version))
        {
            throw new InvalidOperationException("A row is at another version.");
        }

        foreach (var (shard, change) in changes.Leases)
        {
            Writes++;
            if (change.Row is null)
            {
                rows.Remove(shard);
            }
            else
            {
                rows[shard] = (change.Row, change.Version + 1);
            }
        }

        if (changes.Application is { } application)
        {
            Application = application.Row is null ? default : (application.Row, application.Version + 1);
        }

        Table.Committed();
    }

    /// <summary>What a new activation does, or one whose write failed.</summary>
    public void Reload() => Table.Load(Application.Row, Application.Version, rows.Select(row => new Lease(row.Key, row.Value.Row, row.Value.Version)));

    public Guid Join(string worker, LeaseCheckpoint? position = null, int maxLeases = 0, double capacity = 1, Guid? session = null, params string[] streams)
    {
        var own = session ?? Guid.NewGuid();
        Turn(table => table.Join(new JoinCommand(
            worker, own, streams.Length == 0 ? [Orders] : [.. streams], position ?? LeaseCheckpoint.TrimHorizon, maxLeases, capacity, null, null)));
        return own;
    }

    public void Sync(params ShardDescription[] shards) => Turn(table => table.Sync(Orders, Map(shards)));

    /// <summary>What a worker's gateway is told.</summary>
    public WorkerLeases Report(string worker, Guid session, double? cpu = null, params LeaseRate[] rates) => Turn(table =>
    {
        table.Report(new WorkerReport(worker, session, TimeSpan.Zero, -1, cpu, [.. rates]));
        table.Balance();
        return table.Tell(worker, session, -1);
    });

    /// <summary>Time passes, in which these workers say that they live, and hand over what they are asked for.</summary>
    public void Live(TimeSpan time, params (string Worker, Guid Session)[] living)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(500))
        {
            Time.Advance(TimeSpan.FromMilliseconds(500));
            foreach (var (worker, session) in living)
            {
                var told = Report(worker, session);
                Assert.Equal(BrokerErrorCode.None, told.Code);
                foreach (var lease in told.Leases.Where(lease => lease.HandOverWithin is not null))
                {
                    Assert.Equal(BrokerErrorCode.None, Turn(table => table.Release(new LeaseHold(lease.Shard, worker, session, lease.Counter))).Code);
                }
            }

            Turn(static _ => true);
        }
    }

    public LeaseHold Hold(int shard, string worker, Guid session) => new(Key(shard), worker, session, Table.Leases[Key(shard)].Row.Counter);

    public string[] Owners(params int[] shards) => [.. shards.Select(shard => Table.Leases[Key(shard)].Row.Owner ?? "")];

    public int CountOf(string worker) => Table.Leases.Values.Count(lease => lease.Row.Owner == worker);

    public int[] Leased() => [.. Table.Leases.Keys.Select(key => key.Shard.Index).Order()];
}
