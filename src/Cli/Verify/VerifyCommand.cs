using System.CommandLine;
using Broker.Cli.Client;
using Broker.Cli.Output;
using Spectre.Console;

namespace Broker.Cli.Verify;

/// <summary><c>broker verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var defaults = new VerifyOptions();
        var stream = new Option<string?>("--stream") { Description = "The stream. Without it one is made, and deleted if no fault is found.", HelpName = "NAME" };
        var seconds = Number("--seconds", "How long to put.", defaults.Duration.TotalSeconds);
        var records = new Option<long?>("--records") { Description = "End after so many records, if that is earlier.", HelpName = "N" };
        var producers = Number("--producers", "Producers, each with a session of its own.", defaults.Producers);
        var keys = Number("--keys", "Partition keys of each producer.", defaults.KeysPerProducer);
        var rate = Number("--rate", "Records a second over all producers; 0 for as fast as it goes.", defaults.RecordsPerSecond!.Value);
        var bytes = Number("--record-bytes", "Size of a record; at least 96.", defaults.RecordBytes);
        var batch = Number("--batch", "Records of a batch, at most; up to 500.", defaults.BatchRecords);
        var inFlight = Number("--in-flight", "Batches that a producer has unacknowledged, at most; with 1 nothing may overtake a batch that was refused for a while.", defaults.InFlightBatches);
        var patience = Number("--patience", "Seconds without any progress after which what readers owe is lost.", defaults.Patience.TotalSeconds);
        var command = new Command("verify", """
            Put numbered records from several producers and read them back by polling and by push, while you do to the broker what you
            like: kill -9 it and start it again, split, merge; in the end read all shards once more. Ends with 'lost 0, doubled 0, out of order 0, longest stall N ms' and exit
            code 0, or with the evidence and exit code 1. The first interruption (Ctrl+C) ends the putting and leads to the verdict.
            """)
        {
            stream, seconds, records, producers, keys, rate, bytes, batch, inFlight, patience,
        };
        new ClientOptions().Attach(command, (parse, context) => RunAsync(context, parse.GetValue(stream), new VerifyOptions
        {
            Duration = TimeSpan.FromSeconds(parse.GetValue(seconds)),
            Records = parse.GetValue(records),
            Producers = Math.Max(1, parse.GetValue(producers)),
            KeysPerProducer = Math.Max(1, parse.GetValue(keys)),
            RecordsPerSecond = parse.GetValue(rate) is > 0 and var perSecond ? perSecond : null,
            RecordBytes = parse.GetValue(bytes),
            BatchRecords = Math.Clamp(parse.GetValue(batch), 1, BatchBuilder.MaxRecords),
            InFlightBatches = Math.Max(1, parse.GetValue(inFlight)),
            Patience = TimeSpan.FromSeconds(parse.GetValue(patience)),
        }));
        return command;
    }

    private static async Task<int> RunAsync(ClientContext context, string? given, VerifyOptions options)
    {
        await using var stream = await ScratchStream.UseAsync(context, given, "verify", 0);
        var job = new VerifyJob(context.Endpoint, stream.Name, options, TimeProvider.System);
        VerifyReport? report = null;
        var stop = context.Interruption.SplitFirst();
        await ProgressLine.ShowAsync(
            context,
            null,
            () => (0, $"{job.Ledger.Acknowledged:N0} acknowledged, {job.Ledger.ReadBy(0):N0} polled, {job.Ledger.ReadBy(1):N0} pushed, {job.Ledger.Outstanding:N0} outstanding"),
            async () => report = await job.RunAsync(stop, context.Cancellation));
        var done = report!;
        stream.Keep = !done.IsClean;
        context.AnswerValue(done, console => Draw(console, done));
        return done.IsClean ? ExitCode.Success : ExitCode.Failure;
    }

    private static void Draw(IAnsiConsole console, VerifyReport report)
    {
        foreach (var fault in report.Faults)
        {
            console.WriteLine(fault.ToString());
        }

        console.WriteLine(
            $"{report.Acknowledged:N0} records acknowledged, {string.Join(", ", report.Read.Select(reader => $"{reader.Value:N0} read by {reader.Key}"))}; " +
            $"{report.Interruptions} interruptions" + (report.Overtaken > 0 ? $"; {report.Overtaken} overtaken while refused" : ""));
        console.WriteLine(report.Verdict);
    }

    private static Option<T> Number<T>(string name, string description, T standard) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => standard,
    };
}
