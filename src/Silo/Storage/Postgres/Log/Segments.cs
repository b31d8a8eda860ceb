using System.Collections.Concurrent;
using Broker.Contracts.Streams;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>Which segment table takes a block: by its stream's retention class and the time slice of its arrival stamp.</summary>
/// <remarks>
/// A segment is dropped whole when its last stream expired it, so streams of like retention share one, and an eighth of the retention
/// is what is kept too long at most. The class only places blocks; reading and expiry go by the catalogue.
/// </remarks>
/// <param name="database">Where the segments are.</param>
internal sealed class Segments(NpgsqlDataSource database)
{
    private const long HourMilliseconds = 3_600_000;

    /// <summary>Hours of retention; AWS's own steps and some between. The last takes what is longer.</summary>
    private static readonly int[] Classes = [24, 48, 96, 168, 720, 2_160, 8_760];

    private readonly ConcurrentDictionary<(int Hours, long SliceEnd), long> known = new();
    private readonly ConcurrentDictionary<StreamGeneration, int> streams = new();

    /// <summary>The segment for a stream's blocks of an arrival stamp, where it is known.</summary>
    public bool TryFind(StreamGeneration stream, long arrival, out long segment) => known.TryGetValue(Slice(stream, arrival), out segment);

    /// <summary>The same, made where it is missing: a commit waits for that at most once, and not at all after <see cref="PrepareAsync"/>.</summary>
    public async ValueTask<long> EnsureAsync(NpgsqlConnection connection, StreamGeneration stream, long arrival, CancellationToken cancellationToken)
    {
        var slice = Slice(stream, arrival);
        if (!known.TryGetValue(slice, out var segment))
        {
            segment = known[slice] = await EnsureAsync(connection, slice, cancellationToken);
        }

        return segment;
    }

    /// <summary>Forgets which segments there are: one that was thought to be there has been dropped.</summary>
    public void Forget() => known.Clear();

    /// <summary>Learns the streams' retention from their horizons, tells the other processes, and makes the next slices ahead.</summary>
    public async ValueTask PrepareAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, long nowUnixMilliseconds, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await LoadAsync(connection, cancellationToken);
        var changed = horizons
            .Select(horizon => (Stream: horizon.Key, Hours: ClassOf(nowUnixMilliseconds - horizon.Value)))
            .Where(stream => HoursOf(stream.Stream) != stream.Hours).OrderBy(stream => stream.Stream.Value).ToList();
        if (changed.Count > 0)
        {
            await using var tell = new NpgsqlCommand(
                """
                INSERT INTO broker_retention_classes (generation, retention_hours) SELECT * FROM unnest($1, $2)
                ON CONFLICT (generation) DO UPDATE SET retention_hours = excluded.retention_hours
                """,
                connection);
            tell.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. changed.Select(stream => stream.Stream.Value)] });
            tell.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. changed.Select(stream => stream.Hours)] });
            await tell.ExecuteNonQueryAsync(cancellationToken);
            changed.ForEach(stream => streams[stream.Stream] = stream.Hours);
        }

        foreach (var hours in streams.Values.Append(Classes[0]).Distinct().ToList())
        {
            var slice = Slice(hours, nowUnixMilliseconds);
            foreach (var next in new[] { slice, slice with { SliceEnd = slice.SliceEnd + SpanOf(hours) } })
            {
                known[next] = await EnsureAsync(connection, next, cancellationToken);
            }
        }
    }

    private async ValueTask LoadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var list = new NpgsqlCommand("SELECT generation, retention_hours FROM broker_retention_classes", connection);
        await using var reader = await list.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            streams[new StreamGeneration(reader.GetInt64(0))] = reader.GetInt32(1);
        }
    }

    private static async ValueTask<long> EnsureAsync(NpgsqlConnection connection, (int Hours, long SliceEnd) slice, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT broker_ensure_segment($1, $2)", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = slice.Hours });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = slice.SliceEnd });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private int HoursOf(StreamGeneration stream) => streams.GetValueOrDefault(stream, Classes[0]);

    private (int Hours, long SliceEnd) Slice(StreamGeneration stream, long arrival) => Slice(HoursOf(stream), arrival);

    private static (int Hours, long SliceEnd) Slice(int hours, long arrival) => (hours, ((arrival / SpanOf(hours)) + 1) * SpanOf(hours));

    private static long SpanOf(int hours) => hours * HourMilliseconds / 8;

    private static int ClassOf(long retentionMilliseconds)
    {
        var index = Array.FindIndex(Classes, hours => retentionMilliseconds <= hours * HourMilliseconds);
        return index < 0 ? Classes[^1] : Classes[index];
    }
}
