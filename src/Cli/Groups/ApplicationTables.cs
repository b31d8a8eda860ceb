using System.Globalization;
using Broker.Cli.Output;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Groups;

/// <summary>Applications, workers and leases for people.</summary>
internal static class ApplicationTables
{
    public static string OneLine(DescribeApplicationResponse answer) =>
        $"{answer.Application.ApplicationName}: {string.Join(", ", answer.Application.StreamNames)}; " +
        $"{StreamTables.Plural(answer.Workers.Count, "worker")}, {StreamTables.Plural(answer.Leases.Count, "lease")}, " +
        $"{StreamTables.Plural(answer.Leases.Sum(lease => lease.RecordsBehind), "record")} behind; " +
        string.Create(CultureInfo.InvariantCulture, $"fail-over {answer.FailoverTime.ToTimeSpan().TotalSeconds} s, hand-over {answer.HandOverTime.ToTimeSpan().TotalSeconds} s");

    public static Table Applications(IEnumerable<ApplicationSummary> applications)
    {
        var table = StreamTables.New("application", "streams", "created");
        foreach (var application in applications)
        {
            StreamTables.AddRow(
                table,
                application.ApplicationName,
                string.Join(", ", application.StreamNames),
                StreamTables.Time(application.CreationTime?.ToDateTimeOffset()));
        }

        return table;
    }

    public static Table Workers(IEnumerable<Worker> workers)
    {
        var table = StreamTables.New("worker", "leases", "KiB/s", "CPU", "silent for");
        foreach (var worker in workers)
        {
            StreamTables.AddRow(
                table,
                worker.WorkerId,
                worker.LeaseCount.ToString(CultureInfo.InvariantCulture),
                Kibibytes(worker.BytesPerSecond),
                worker.HasCpuPercent ? worker.CpuPercent.ToString("0", CultureInfo.InvariantCulture) + " %" : "",
                Seconds((long)worker.SilentFor.ToTimeSpan().TotalMilliseconds));
        }

        return table;
    }

    public static Table Leases(IEnumerable<Lease> leases)
    {
        var table = StreamTables.New("stream", "shard", "worker", "records behind", "oldest", "KiB/s", "checkpoint");
        foreach (var lease in leases)
        {
            StreamTables.AddRow(
                table,
                lease.StreamName,
                lease.ShardId,
                lease.HandOverTo.Length > 0 ? $"{lease.WorkerId} → {lease.HandOverTo}" : lease.WorkerId,
                lease.HasRecordsBehind ? lease.RecordsBehind.ToString("N0", CultureInfo.InvariantCulture) : "?",
                lease.HasMillisBehind ? Seconds(lease.MillisBehind) : "?",
                Kibibytes(lease.BytesPerSecond),
                Word(lease.Checkpoint));
        }

        return table;
    }

    private static string Word(LeaseCheckpoint checkpoint) => checkpoint.Type switch
    {
        LeaseCheckpointType.TrimHorizon => "TRIM_HORIZON",
        LeaseCheckpointType.Latest => "LATEST",
        LeaseCheckpointType.AtTimestamp => $"AT_TIMESTAMP {StreamTables.Time(checkpoint.Timestamp?.ToDateTimeOffset())}",
        LeaseCheckpointType.ShardEnd => "SHARD_END",
        LeaseCheckpointType.SequenceNumber when checkpoint.HasSubSequenceNumber =>
            string.Create(CultureInfo.InvariantCulture, $"{checkpoint.SequenceNumber}:{checkpoint.SubSequenceNumber}"),
        LeaseCheckpointType.SequenceNumber => checkpoint.SequenceNumber,
        _ => "",
    };

    private static string Kibibytes(double bytesPerSecond) => (bytesPerSecond / 1024).ToString("N1", CultureInfo.InvariantCulture);

    private static string Seconds(long milliseconds) => (milliseconds / 1000.0).ToString("0.0 s", CultureInfo.InvariantCulture);
}
