using System.CommandLine;
using Broker.Cli.Client;
using Broker.Cli.Output;

namespace Broker.Cli.Bench.Aws;

/// <summary><c>broker bench aws</c>: the same load on any server of the Kinesis API, this one or another.</summary>
internal static class BenchAwsCommand
{
    public static Command Create()
    {
        var protocol = new Option<AwsProtocol>("--protocol") { Description = "AWS JSON 1.1 or AWS CBOR 1.1.", HelpName = "json|cbor" };
        var operation = new Option<AwsOperation>("--operation")
        {
            Description = "What each client does; getrecords reads one shard from its beginning again and again.",
            HelpName = "putrecords|putrecord|getrecords",
        };
        var clients = BenchOptions.Number("--clients", "Clients, each with a connection and one request at a time.", 4, least: 1);
        var seconds = BenchOptions.Number("--seconds", "How long, after the warm-up.", 10.0);
        var warmUp = BenchOptions.Number("--warmup", "Seconds of the same load before, not counted.", 2.0);
        var batch = BenchOptions.Number("--batch", "Records of a PutRecords, 2 to 500.", 500, 2, BatchBuilder.MaxRecords);
        var recordBytes = BenchOptions.Number("--record-bytes", "Size of a record's data; at least 16.", 1024, least: 16);
        var shards = BenchOptions.Number("--shards", "Shards of the stream, which is made and deleted; getrecords has one.", 4, least: 1);
        var records = BenchOptions.Number("--records", "Records that getrecords finds in the shard.", 10_000, least: 1);
        var limit = BenchOptions.Number("--limit", "Records of a GetRecords answer, at most.", 10_000, 1, 10_000);
        var command = new Command(
            "aws", "Load a server of the Kinesis API over HTTP/1.1 with prepared requests; answers are counted, not parsed. For servers without authentication and limits.")
        {
            protocol, operation, clients, seconds, warmUp, batch, recordBytes, shards, records, limit,
        };
        new ClientOptions().Attach(command, (parse, context) => RunAsync(context, new Load(
            parse.GetValue(protocol),
            parse.GetValue(operation),
            parse.GetValue(clients),
            TimeSpan.FromSeconds(parse.GetValue(seconds)),
            TimeSpan.FromSeconds(parse.GetValue(warmUp)),
            parse.GetValue(operation) == AwsOperation.PutRecords ? parse.GetValue(batch) : 1,
            parse.GetValue(recordBytes),
            parse.GetValue(operation) == AwsOperation.GetRecords ? 1 : parse.GetValue(shards),
            parse.GetValue(records),
            parse.GetValue(limit))));
        return command;
    }

    private static async Task<int> RunAsync(ClientContext context, Load load)
    {
        var time = TimeProvider.System;
        var stream = $"bench-{Guid.NewGuid():N}";
        var bench = new AwsBench(context.Endpoint.Address, stream, load.Protocol, context.Cancellation);
        await bench.CreateAsync(load.Shards);
        var readers = new List<AwsReader>();
        try
        {
            if (load.Operation == AwsOperation.GetRecords)
            {
                await bench.FillAsync(load.Records, load.RecordBytes);
                while (readers.Count < load.Clients)
                {
                    readers.Add(await bench.OpenReaderAsync(load.Limit));
                }
            }

            await WorkAsync(load.WarmUp, new LoadCounter(time), new LatencyRecorder(time));
            var counter = new LoadCounter(time);
            var latency = new LatencyRecorder(time);
            await ProgressLine.ShowAsync(context, null, () => (0, counter.Text), () => WorkAsync(load.Duration, counter, latency));
            counter.Stop();
            BenchTables.Answer(context, BenchResult.Of(
                $"aws {load.Protocol} {load.Operation}".ToLowerInvariant(), stream, load.Clients, counter, null, latency, $"a {load.Operation} call"));
            counter.ThrowIfFailed();
            return ExitCode.Success;
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
            await bench.DeleteAsync();
        }

        async Task WorkAsync(TimeSpan duration, LoadCounter counter, LatencyRecorder latency)
        {
            using var ticker = new Ticker();
            var plan = new LoadPlan(time, null, duration, null, ticker);
            await Task.WhenAll(Enumerable.Range(0, load.Clients).Select(client => Task.Run(() => load.Operation == AwsOperation.GetRecords
                ? bench.GetAsync(readers[client], load.RecordBytes, plan, counter, latency)
                : bench.PutAsync(load.Batch, load.RecordBytes, plan, counter, latency))));
        }
    }

    private sealed record Load(
        AwsProtocol Protocol,
        AwsOperation Operation,
        int Clients,
        TimeSpan Duration,
        TimeSpan WarmUp,
        int Batch,
        int RecordBytes,
        int Shards,
        int Records,
        int Limit);
}
