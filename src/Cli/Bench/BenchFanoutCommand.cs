using System.CommandLine;
using Broker.Cli.Client;
using Broker.Cli.Output;

namespace Broker.Cli.Bench;

/// <summary><c>broker bench fanout</c>: the time from putting a record to each subscriber's having it.</summary>
internal static class BenchFanoutCommand
{
    public static Command Create()
    {
        var common = new BenchOptions();
        var seconds = BenchOptions.Number("--seconds", "How long.", 10.0);
        var rate = BenchOptions.Number("--rate", "Records a second over all producers, on a fixed schedule; 0 for as fast as it goes.", 10_000.0);
        var subscribers = BenchOptions.Number("--subscribers", "Subscribers, each of all shards; 0 to put alone.", 1);
        var producers = BenchOptions.Number("--producers", "Producers.", 2);
        var command = new Command("fanout", "Put at a rate and measure until every subscriber has each record.") { seconds, rate, subscribers, producers };
        common.AddTo(command);
        command.Add(common.WarmUp);
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            await using var stream = await ScratchStream.UseAsync(context, parse.GetValue(common.Stream), "bench", parse.GetValue(common.Shards));
            var load = new FanoutLoad(
                context.Endpoint,
                stream.Name,
                parse.GetValue(subscribers),
                Math.Max(1, parse.GetValue(producers)),
                parse.GetValue(rate),
                TimeSpan.FromSeconds(parse.GetValue(seconds)),
                Math.Max(16, parse.GetValue(common.RecordBytes)),
                TimeSpan.FromSeconds(parse.GetValue(common.WarmUp)));
            await ProgressLine.ShowAsync(context, null, () => (0, load.Counter.Text), () => load.RunAsync(context.Cancellation));
            BenchTables.Answer(context, BenchResult.Of(
                "fanout", stream.Name, load.Subscribers, load.Counter, load.RecordsPerSecond > 0 ? load.RecordsPerSecond : null, load.Latency, "due to be put to received, a record"));
            if (load.Missing > 0)
            {
                throw new CommandException($"{load.Missing} records did not reach a subscriber within 10 s.");
            }

            return ExitCode.Success;
        });
        return command;
    }
}
