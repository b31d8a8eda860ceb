using System.CommandLine;
using System.Globalization;
using Broker.Cli.Client;
using Broker.Cli.Output;
using Spectre.Console;

namespace Broker.Cli.Bench.Groups;

/// <summary><c>broker bench group</c>: an application of several worker processes, which read a backlog, and are killed.</summary>
internal static class BenchGroupCommand
{
    public static Command Create()
    {
        var workers = BenchOptions.Number("--workers", "Worker processes.", 4, least: 2);
        var shards = BenchOptions.Number("--shards", "Shards of the stream that is made.", 16, least: 1);
        var records = BenchOptions.Number("--records", "Records that the group reads; 0 leaves that out.", 1_000_000L);
        var recordBytes = BenchOptions.Number("--record-bytes", "Size of a record's data; at least 16.", 1024, least: 16);
        var kills = BenchOptions.Number("--kills", "Workers that are killed for each fail-over time.", 5);
        var failover = new Option<double[]>("--failover-time")
        {
            Description = "Fail-over times in seconds for which take-overs are measured: 2 to 600.",
            HelpName = "SECONDS",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [2, 10],
        };
        failover.Validators.Add(result =>
        {
            if (Array.Exists(result.GetValueOrDefault<double[]>() ?? [], seconds => seconds is < 2 or > 600))
            {
                result.AddError("--failover-time must be 2 to 600.");
            }
        });
        var command = new Command("group", "Measure an application of several worker processes: throughput, take-overs, memory. Credentials come from the environment.")
        {
            workers, shards, records, recordBytes, kills, failover,
        };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            await using var stream = await ScratchStream.UseAsync(context, null, "bench", parse.GetValue(shards));
            var run = new GroupRun(context, stream.Name, parse.GetValue(workers), parse.GetValue(shards));
            var (seconds, memory) = parse.GetValue(records) is > 0 and var count
                ? await run.ReadAsync(count, parse.GetValue(recordBytes))
                : default;
            var takeOvers = new List<TakeOver>();
            foreach (var time in parse.GetValue(kills) > 0 ? parse.GetValue(failover)! : [])
            {
                takeOvers.Add(await run.TakeOverAsync(time, parse.GetValue(kills)));
            }

            var result = new GroupResult(
                stream.Name,
                parse.GetValue(workers),
                parse.GetValue(shards),
                parse.GetValue(records),
                parse.GetValue(recordBytes),
                Math.Round(seconds, 3),
                seconds > 0 ? Math.Round(parse.GetValue(records) / seconds) : 0,
                Math.Round(memory / 1024.0 / 1024.0, 1),
                takeOvers);
            context.AnswerValue(result, console => Draw(console, result));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Draw(IAnsiConsole console, GroupResult result)
    {
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"group: {result.Records:N0} records of {result.RecordBytes:N0} bytes in {result.Seconds:0.00} s by {result.Workers} workers, {result.Shards} shards: {result.RecordsPerSecond:N0} records/s, at most {result.MebibytesPerWorker:N0} MiB a worker"));
        if (result.TakeOvers.Count == 0)
        {
            return;
        }

        var table = StreamTables.New("fail-over time (s)", "kills", "take-over p50 (s)", "take-over p99 (s)", "a new worker's first shard p50 (s)");
        foreach (var takeOver in result.TakeOvers)
        {
            StreamTables.AddRow(
                table,
                takeOver.FailoverSeconds.ToString("0.#", CultureInfo.InvariantCulture),
                takeOver.Kills.ToString(CultureInfo.InvariantCulture),
                takeOver.P50.ToString("0.00", CultureInfo.InvariantCulture),
                takeOver.P99.ToString("0.00", CultureInfo.InvariantCulture),
                takeOver.NewWorkerP50.ToString("0.00", CultureInfo.InvariantCulture));
        }

        console.Write(table);
    }
}
