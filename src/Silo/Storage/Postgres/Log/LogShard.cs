using Broker.Contracts.Shards;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>What this process knows of a shard that it opened, from one opening to the next. Guarded by the committer.</summary>
internal sealed class LogShard(ShardKey key, long epoch, ShardEnd end)
{
    /// <summary>Those of a head that <see cref="Read"/> takes, first and in this order.</summary>
    public const string Columns = "epoch, next_ordinal, next_position, last_arrival, state_ordinal, sealed, lost_end";

    public ShardKey Key { get; } = key;

    public long Epoch { get; } = epoch;

    /// <inheritdoc cref="ShardHead.LostEnd"/>
    public long? LostEnd { get; init; }

    /// <summary>Where the log ends for readers, as this owner's commits left it.</summary>
    public ShardEnd Durable { get; set; } = end;

    /// <summary>Where the next append must start: the durable end and what is queued behind it.</summary>
    public ShardEnd Queued { get; set; } = end;

    /// <summary>Why nothing more is taken until the shard is opened again; null while it is.</summary>
    public AppendOutcome? Ended { get; set; }

    /// <summary>An append found no room; those that were sent behind it get the same answer.</summary>
    public bool WasRefusedForSpace { get; set; }

    public static LogShard Read(ShardKey key, NpgsqlDataReader row) => new(
        key, row.GetInt64(0), new ShardEnd(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetBoolean(5)))
    {
        LostEnd = row.IsDBNull(6) ? null : row.GetInt64(6),
    };

    /// <summary>Checks an append against the queued end and, where it is in order, moves that past it.</summary>
    /// <returns>Why it is refused; null where it is admitted.</returns>
    public AppendOutcome? Admit(in ShardAppend append)
    {
        if (append.Epoch != Epoch)
        {
            return Fenced($"epoch {append.Epoch} of shard {Key} is not {Epoch}, at which it was opened here.");
        }

        if (Ended is { } ended)
        {
            return ended;
        }

        if (Queued.IsSealed)
        {
            return Fenced($"shard {Key} is sealed.");
        }

        var first = append.Blocks[0].Head;
        if (append.ExpectedOrdinal != Queued.NextOrdinal || first.FirstPosition != Queued.NextPosition)
        {
            return WasRefusedForSpace && append.ExpectedOrdinal > Queued.NextOrdinal
                ? new AppendOutcome(AppendStatus.DiskFull, $"An earlier append of shard {Key} found no room.")
                : Fenced($"shard {Key} goes on at ordinal {Queued.NextOrdinal}, position {Queued.NextPosition}, not at {append.ExpectedOrdinal}, {first.FirstPosition}.");
        }

        if (first.ArrivalUnixMilliseconds < Queued.LastArrival)
        {
            throw new ArgumentException($"Arrival {first.ArrivalUnixMilliseconds} of shard {Key} falls below {Queued.LastArrival}.", nameof(append));
        }

        foreach (var block in append.Blocks)
        {
            Queued = Queued.After(block.Head);
        }

        WasRefusedForSpace = false;
        return null;
    }

    public static AppendOutcome Fenced(string detail) => new(AppendStatus.Fenced, $"The append is refused: {detail}");
}
