using System.Globalization;
using Broker.Contracts.Streams;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Output;

/// <summary>Streams, shards and consumers for people.</summary>
internal static class StreamTables
{
    public static string OneLine(V1.StreamDescription stream) =>
        $"{stream.StreamName}: {Word(stream.Status)}, {Word(stream.Mode)}, {Plural(stream.OpenShardCount, "open shard")}, " +
        $"{stream.RetentionPeriodHours} h retention" + (stream.KeyId.Length > 0 ? $", encrypted under {stream.KeyId}" : "");

    /// <summary>Settings that most streams leave as they are: a line each, where they are not.</summary>
    public static IEnumerable<string> Settings(V1.StreamDescription stream)
    {
        if (stream.WarmThroughput is { } warm)
        {
            yield return $"warm throughput {warm.CurrentMibps} of {warm.TargetMibps} MiB/s";
        }

        if (stream.RecordDistributionStrategy == V1.RecordDistributionStrategy.Auto)
        {
            yield return "record distribution AUTO: records are spread evenly, whatever their keys";
        }

        if (stream.ShardLevelMetrics.Count > 0)
        {
            yield return $"enhanced monitoring: {string.Join(", ", stream.ShardLevelMetrics)}";
        }
    }

    public static Table Streams(IEnumerable<StreamSummary> streams)
    {
        var table = New("stream", "status", "mode", "created");
        foreach (var stream in streams)
        {
            AddRow(table, stream.StreamName, Word(stream.Status), Word(stream.Mode), Time(stream.CreationTime?.ToDateTimeOffset()));
        }

        return table;
    }

    public static Table Shards(IEnumerable<Shard> shards)
    {
        var rows = shards.Select(shard => (string[])
        [
            shard.ShardId,
            IsOpen(shard) ? "open" : "closed",
            Share(shard.HashKeyRange),
            Start(shard.HashKeyRange),
            Parents(shard),
            shard.SequenceNumberRange?.StartingSequenceNumber ?? "",
            shard.SequenceNumberRange?.EndingSequenceNumber ?? "",
        ]).ToArray();

        // Columns that say nothing, as parents do before the first split, would only push the others off the screen.
        string[] titles = ["shard", "state", "hash keys", "from", "parents", "first sequence number", "last sequence number"];
        int[] shown = [.. Enumerable.Range(0, titles.Length).Where(column => column == 0 || rows.Any(row => row[column].Length > 0))];
        var table = New([.. shown.Select(column => titles[column])]);
        foreach (var row in rows)
        {
            AddRow(table, [.. shown.Select(column => row[column])]);
        }

        return table;
    }

    public static Table Consumers(IEnumerable<Consumer> consumers)
    {
        var table = New("consumer", "status", "registered", "ARN");
        foreach (var consumer in consumers)
        {
            AddRow(table, consumer.ConsumerName, Word(consumer.Status), Time(consumer.CreationTime?.ToDateTimeOffset()), consumer.ConsumerArn);
        }

        return table;
    }

    public static Table New(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)).NoWrap());
        }

        return table;
    }

    public static void AddRow(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);

    public static string Word(V1.StreamStatus status) => status.ToString().ToUpperInvariant();

    public static string Word(V1.ConsumerStatus status) => status.ToString().ToUpperInvariant();

    public static string Word(V1.StreamMode mode) => mode switch
    {
        V1.StreamMode.OnDemand => "ON_DEMAND",
        V1.StreamMode.Provisioned => "PROVISIONED",
        _ => "UNSPECIFIED",
    };

    public static string Plural(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    public static string Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";

    /// <summary>The part of the hash space that a range is: <c>25.0 %</c>.</summary>
    public static string Share(V1.HashKeyRange? range) => TryRead(range, out var start, out var end)
        ? (((double)(end.Value - start.Value) + 1) / Math.Pow(2, 128)).ToString("0.0 %", CultureInfo.InvariantCulture)
        : "";

    /// <summary>Where in the hash space a range begins, as a percentage: short enough to compare by eye.</summary>
    public static string Start(V1.HashKeyRange? range) => TryRead(range, out var start, out _)
        ? ((double)start.Value / Math.Pow(2, 128)).ToString("0.0 %", CultureInfo.InvariantCulture)
        : "";

    private static bool TryRead(V1.HashKeyRange? range, out HashKey start, out HashKey end)
    {
        end = default;
        return HashKey.TryParse(range?.StartingHashKey, out start) && HashKey.TryParse(range?.EndingHashKey, out end);
    }

    private static bool IsOpen(Shard shard) => shard.SequenceNumberRange?.EndingSequenceNumber is null or "";

    private static string Parents(Shard shard) =>
        string.Join(" + ", new[] { shard.ParentShardId, shard.AdjacentParentShardId }.Where(parent => parent.Length > 0));
}
