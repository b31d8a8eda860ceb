using System.CommandLine;
using Broker.Cli.Client;
using Broker.Cli.Output;

namespace Broker.Cli.Bench;

/// <summary><c>broker bench put</c>.</summary>
internal static class BenchPutCommand
{
    public static Command Create()
    {
        var common = new BenchOptions();
        var mode = new Option<PutMode>("--mode")
        {
            Description = "produce: pipelined batches; pipelined: single records, pipelined; client: the .NET library's producer, a put awaited at a time; "
                + "putrecord, putrecords: unary calls.",
            HelpName = "produce|pipelined|client|putrecord|putrecords",
            DefaultValueFactory = _ => PutMode.Produce,
        };
        var payload = new Option<PayloadKind>("--payload")
        {
            Description = "What records consist of. text: compresses by half; random: does not compress; events: JSON of flights.",
            HelpName = "text|random|events",
            DefaultValueFactory = _ => PayloadKind.Text,
        };
        var records = new Option<long?>("--records") { Description = "End after so many records.", HelpName = "N" };
        var seconds = BenchOptions.Number("--seconds", "End after so long (with --records: whichever is first).", 10.0);
        var batch = BenchOptions.Number("--batch", "Records of a batch; up to 500.", 500, 1, BatchBuilder.MaxRecords);
        var workers = BenchOptions.Number("--producers", "Producers, each at one of the gateways given, or clients of unary calls (then 64 unless given) or of one producer (then 256).", 2, least: 1);
        workers.Aliases.Add("--clients");
        var inFlight = BenchOptions.Number("--in-flight", "Batches that a producer has unacknowledged at most (pipelined: 1024 unless given; client: of a shard, 1 unless given).", 16, least: 1);
        var rate = BenchOptions.Number(
            "--rate", "Records a second over all, on a fixed schedule: latency counts from when a record was due. 0: as fast as it goes.", 0.0);
        var command = new Command("put", "Put records and measure until each is durable.") { mode, payload, records, seconds, batch, workers, inFlight, rate };
        common.AddTo(command);
        command.Add(common.WarmUp);
        new ClientOptions().Attach(command, (parse, context) =>
        {
            var how = parse.GetValue(mode);
            var isUnary = how is PutMode.PutRecord or PutMode.PutRecords;
            return RunAsync(context, parse, common, new Load(
                how,
                parse.GetValue(payload),
                parse.GetValue(records),
                TimeSpan.FromSeconds(parse.GetValue(seconds)),
                how is PutMode.Produce or PutMode.PutRecords ? parse.GetValue(batch) : 1,
                IsGiven(parse, workers) ? parse.GetValue(workers) : isUnary ? 64 : how == PutMode.Client ? 256 : parse.GetValue(workers),
                IsGiven(parse, inFlight) ? parse.GetValue(inFlight) : how switch { PutMode.Pipelined => 1024, PutMode.Client => 1, _ => parse.GetValue(inFlight) },
                parse.GetValue(rate) is > 0 and var perSecond ? perSecond : null));
        });
        return command;
    }

    private static bool IsGiven(ParseResult parse, Option option) => parse.GetResult(option) is { Implicit: false };

    private static async Task<int> RunAsync(ClientContext context, ParseResult parse, BenchOptions common, Load load)
    {
        var time = TimeProvider.System;
        await using var stream = await ScratchStream.UseAsync(context, parse.GetValue(common.Stream), "bench", parse.GetValue(common.Shards));
        var recordBytes = parse.GetValue(common.RecordBytes);
        var unary = new UnaryLoad(context.Connection, stream.Name, load.Mode, load.BatchRecords, recordBytes, load.Payload);
        await using var client = load.Mode == PutMode.Client ? new ClientLoad(context.Endpoint, stream.Name, recordBytes, load.Payload, load.InFlight) : null;
        var latency = new LatencyRecorder(time);
        latency.WarmUp(TimeSpan.FromSeconds(parse.GetValue(common.WarmUp)));
        using var ticker = new Ticker();
        var plan = new LoadPlan(time, load.Records, load.Duration, load.Rate, ticker);
        var counter = new LoadCounter(time);
        var work = Task.WhenAll(Enumerable.Range(0, load.Workers).Select(worker => Task.Run(() => client is not null
            ? client.RunAsync(worker, plan, counter, latency, context.Cancellation)
            : load.IsUnary
            ? unary.RunAsync(worker, plan, counter, latency, context.Cancellation)
            : new ProduceLoad(context.Endpoint.Only(worker), stream.Name, load.BatchRecords, recordBytes, load.Payload, load.InFlight, time)
                .RunAsync(worker, plan, counter, latency, context.Cancellation))));
        await ProgressLine.ShowAsync(context, load.Records, () => (counter.Records, counter.Text), () => work);
        counter.Stop();
        BenchTables.Answer(context, BenchResult.Of(
            $"put {load.Mode}".ToLowerInvariant(), stream.Name, load.Workers, counter, load.Rate, latency,
            client is not null ? "put to acknowledgement, every eighth record" : load.BatchRecords == 1 ? "put to acknowledgement, a record" : $"put to acknowledgement, a batch of {load.BatchRecords}"));
        counter.ThrowIfFailed();
        return ExitCode.Success;
    }

    private sealed record Load(
        PutMode Mode, PayloadKind Payload, long? Records, TimeSpan Duration, int BatchRecords, int Workers, int InFlight, double? Rate)
    {
        public bool IsUnary => Mode is PutMode.PutRecord or PutMode.PutRecords;
    }
}
