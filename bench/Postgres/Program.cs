using System.Globalization;
using Broker.Bench.Postgres;
using Broker.Silo.Storage.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

// scripts/bench-postgres runs this on a server of its own: dotnet run -c Release --project bench/Postgres -- CONNECTIONSTRING [seconds] [rounds]
// Measures the log against what the server does at all, turn by turn in one run, and the openings that a dead silo means. The database
// must be empty; what is measured is dropped after each turn. With "ceiling" in place of rounds (scripts/bench-cluster), what the server
// does at all is measured alone, and its MB/s is printed.
if (args.Length == 0)
{
    Console.Error.WriteLine("Name an empty database: CONNECTIONSTRING [seconds of each turn, 5] [rounds, 3, or ceiling].");
    return 2;
}

var connectionString = args[0];
var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
if (args.Length > 2 && args[2] == "ceiling")
{
    await CeilingRun.MeasureAsync(connectionString, TimeSpan.FromSeconds(1));
    Console.WriteLine((await CeilingRun.MeasureAsync(connectionString, TimeSpan.FromSeconds(seconds))).MegabytesPerSecond.ToString("F0", CultureInfo.InvariantCulture));
    return 0;
}

var rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 3;
await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(connectionString, default);

await StormRun.MeasureAsync(connectionString);
int[] blockSizes = [256 * 1024, 128 * 1024, 64 * 1024];

// Not counted: the first seconds of a process are spent on compiling it.
await CeilingRun.MeasureAsync(connectionString, TimeSpan.FromSeconds(1));
await LogRun.MeasureAsync(connectionString, blockSizes[0], TimeSpan.FromSeconds(1));
for (var round = 1; round <= rounds; round++)
{
    var ceiling = await CeilingRun.MeasureAsync(connectionString, TimeSpan.FromSeconds(seconds));
    Console.WriteLine($"round {round}: ceiling, one connection, commits of 4 rows of 256 KiB: {ceiling}");
    foreach (var blockBytes in blockSizes)
    {
        var log = await LogRun.MeasureAsync(connectionString, blockBytes, TimeSpan.FromSeconds(seconds));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"round {round}: log, 8 shards, blocks of {blockBytes / 1024} KiB: {log}; {100 * log.MegabytesPerSecond / ceiling.MegabytesPerSecond:F0} % of the ceiling"));
    }
}

return 0;
