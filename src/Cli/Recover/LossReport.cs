using System.Globalization;
using Broker.Cli.Output;
using Broker.Contracts.Shards;
using Broker.Silo.Storage.Postgres.Losses;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;

namespace Broker.Cli.Recover;

/// <summary>Tells people what is lost: by stream and shard, positions, and the sequence numbers between which all lost ones are and no others.</summary>
/// <param name="rows">Of the first database, for names and lineage.</param>
internal sealed class LossReport(IRowStore rows)
{
    /// <param name="noted">What is known to be lost.</param>
    /// <param name="shards">Shards of the database.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task TellAsync(IReadOnlyList<NotedLoss> noted, int shards, CancellationToken cancellation)
    {
        var (records, known) = (0L, 0);
        foreach (var group in noted.GroupBy(static loss => loss.Shard))
        {
            // Several may know of one shard; who knows most tells all.
            var most = group.MaxBy(static loss => loss.KnownPosition)!;
            var found = group.Min(static loss => loss.FoundPosition);
            var name = await NameAsync(rows, most.Shard, cancellation);
            known++;
            if (most.KnownPosition <= found)
            {
                Console.Out.WriteLine($"{name} {most.Shard.Shard}: no record is known to be lost; its owner's epoch went back (known to {most.Witness}).");
                continue;
            }

            records += most.KnownPosition - found;
            var numbers = await NumbersAsync(most.Shard, found, most.KnownPosition, cancellation);
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name} {most.Shard.Shard}: {most.KnownPosition - found} records lost, positions {found} to {most.KnownPosition - 1}{numbers}; known to {most.Witness}."));
        }

        Console.Out.WriteLine(
            $"{StreamTables.Plural(records, "record")} known to be lost from {StreamTables.Plural(known, "shard")}; of {StreamTables.Plural(shards - known, "other shard")} nobody knows a loss.");
    }

    /// <summary>Shards that are not in the restored database at all: their streams, or their splits and merges, came after the copy.</summary>
    /// <param name="gone">As they were.</param>
    /// <param name="before">Rows of the database before, for names.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async Task TellGoneAsync(IReadOnlyList<KnownHead> gone, IRowStore before, CancellationToken cancellation)
    {
        foreach (var head in gone)
        {
            var name = await NameAsync(before, head.Shard, cancellation);
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name} {head.Shard.Shard}: made after the copy and lost whole, up to position {head.NextPosition - 1}; known to the database before."));
        }
    }

    private static async Task<string> NameAsync(IRowStore rows, ShardKey shard, CancellationToken cancellation)
    {
        var name = await rows.GetAsync(RowKeys.Head(shard.Stream), cancellation) is { } row
            ? RowCodec.Decode(row, StreamRowsJson.Default.StreamHeadRow).Name : "(unknown)";
        return $"{name} (generation {shard.Stream})";
    }

    private async Task<string> NumbersAsync(ShardKey shard, long first, long end, CancellationToken cancellation)
    {
        if (await rows.GetAsync(RowKeys.Shard(shard), cancellation) is not { } row)
        {
            return "";
        }

        // A number ends in its record's arrival, which nobody knows any more: these are the numbers around.
        var created = RowCodec.Decode(row, StreamRowsJson.Default.ShardRow).CreatedSecond;
        return $", sequence numbers from {new SequenceNumber(created, shard.Shard.Index, first, 0)} up to but not {new SequenceNumber(created, shard.Shard.Index, end, 0)}";
    }
}
