using System.Globalization;
using Broker.Cli.Output;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Clusters;

/// <summary>Clusters for people.</summary>
internal static class ClusterTables
{
    public static string OneLine(GetClusterStatusResponse status)
    {
        var loads = status.Silos.Select(static silo => silo.Load).OfType<SiloLoad>().ToList();
        var level = status.HasLevel ? status.Level.ToString(CultureInfo.InvariantCulture) : "unknown (the database does not answer)";
        return $"cluster {status.ClusterId}, level {level}: {StreamTables.Plural(status.Silos.Count, "silo")}, " +
            $"{StreamTables.Plural(loads.Sum(static load => load.ShardCount), "active shard")}, " +
            $"{Mebibytes(loads.Sum(static load => load.BytesPerSecond))} MiB/s, {Count(loads.Sum(static load => load.RecordsPerSecond))} records/s, " +
            $"{StreamTables.Plural(loads.Sum(static load => load.MovesInFlight), "move")} in flight";
    }

    public static Table Silos(IEnumerable<ClusterSilo> silos)
    {
        var table = StreamTables.New("silo", "address", "state", "version", "levels", "up", "shards", "MiB/s", "records/s", "moves");
        foreach (var silo in silos)
        {
            if (silo.Load is { } load)
            {
                StreamTables.AddRow(
                    table,
                    silo.Name,
                    silo.Address,
                    load.Drained ? $"{silo.State}, drained" : silo.State,
                    load.Version,
                    string.Create(CultureInfo.InvariantCulture, $"{load.LeastLevel} to {load.HighestLevel}"),
                    load.Uptime.ToTimeSpan().ToString("c", CultureInfo.InvariantCulture),
                    load.ShardCount.ToString(CultureInfo.InvariantCulture),
                    Mebibytes(load.BytesPerSecond),
                    Count(load.RecordsPerSecond),
                    load.MovesInFlight.ToString(CultureInfo.InvariantCulture));
            }
            else
            {
                StreamTables.AddRow(table, silo.Name, silo.Address, $"{silo.State}, does not tell", "", "", "", "", "", "", "");
            }
        }

        return table;
    }

    public static Table Lags(IEnumerable<ApplicationLag> lags)
    {
        var table = StreamTables.New("application", "records behind", "oldest");
        foreach (var lag in lags)
        {
            StreamTables.AddRow(
                table, lag.ApplicationName, lag.RecordsBehind.ToString("N0", CultureInfo.InvariantCulture), (lag.MillisBehind / 1000.0).ToString("0.0 s", CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static string Mebibytes(double bytes) => (bytes / (1024 * 1024)).ToString("N1", CultureInfo.InvariantCulture);

    private static string Count(double number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
