using System.CommandLine;
using Broker.Cli.Client;
using Broker.Cli.Output;
using Broker.V1;
using Grpc.Core;

namespace Broker.Cli.Bench;

/// <summary><c>broker bench get</c>: a catch-up read of all shards by GetRecords, or by push.</summary>
internal static class BenchGetCommand
{
    public static Command Create()
    {
        var common = new BenchOptions();
        var records = BenchOptions.Number("--records", "Records put before, if the stream is made.", 1_000_000L);
        var clients = BenchOptions.Number("--clients", "Clients that each read the whole stream.", 1, least: 1);
        var limit = BenchOptions.Number("--limit", "Records of an answer, at most; 0 for the broker's 10,000.", 0);
        var push = new Option<bool>("--push") { Description = "Read by SubscribeToShard instead of GetRecords." };
        var command = new Command("get", "Read a stream from its beginning to its end and measure.") { records, clients, limit, push };
        common.AddTo(command);
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var given = parse.GetValue(common.Stream);
            await using var stream = await ScratchStream.UseAsync(context, given, "bench", parse.GetValue(common.Shards));
            if (given is null)
            {
                await FillAsync(context, stream.Name, parse.GetValue(records), parse.GetValue(common.RecordBytes));
            }

            var count = parse.GetValue(clients);
            var time = TimeProvider.System;
            var latency = new LatencyRecorder(time);
            var shards = await ShardListing.ListAsync(context.Connection.Streams, stream.Name, new ShardFilter(), context.Cancellation);
            var counter = new LoadCounter(time);
            var isPush = parse.GetValue(push);
            var work = Task.WhenAll(Enumerable.Range(0, count).SelectMany(_ => shards).Select(shard => Task.Run(() => isPush
                ? SubscribeAsync(context, stream.Name, shard.ShardId, counter, latency)
                : ReadAsync(context, stream.Name, shard.ShardId, parse.GetValue(limit), counter, latency))));
            await ProgressLine.ShowAsync(context, null, () => (0, counter.Text), () => work);
            counter.Stop();
            BenchTables.Answer(context, BenchResult.Of(
                isPush ? "get push" : "get", stream.Name, count, counter, null, latency, isPush ? "waited for an event" : "a GetRecords call"));
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task FillAsync(ClientContext context, string stream, long records, int recordBytes)
    {
        var time = TimeProvider.System;
        using var ticker = new Ticker();
        var load = new ProduceLoad(context.Endpoint, stream, BatchBuilder.MaxRecords, recordBytes, PayloadKind.Text, 16, time);
        var counter = new LoadCounter(time);
        await ProgressLine.ShowAsync(
            context,
            records,
            () => (counter.Records, $"filling: {counter.Text}"),
            () => load.RunAsync(0, new LoadPlan(time, records, null, null, ticker), counter, new LatencyRecorder(time), context.Cancellation));
        counter.ThrowIfFailed();
    }

    private static async Task ReadAsync(
        ClientContext context, string stream, string shardId, int limit, LoadCounter counter, LatencyRecorder latency)
    {
        var request = new GetShardIteratorRequest
        {
            StreamName = stream,
            ShardId = shardId,
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        };
        var options = new CallOptions(cancellationToken: context.Cancellation);
        var iterator = (await context.Connection.Records.GetShardIteratorAsync(request, options)).ShardIterator;
        while (iterator.Length > 0)
        {
            var began = TimeProvider.System.GetTimestamp();
            using var call = context.Connection.Invoker.AsyncUnaryCall(
                ReadCount.GetRecords, null, options, new GetRecordsRequest { ShardIterator = iterator, Limit = limit });
            var read = await call;
            latency.AddSince(began);
            counter.Add(read.Records, read.Bytes);
            iterator = read.MillisBehindLatest == 0 ? "" : read.NextIterator;
        }
    }
    /// <summary>Reads until caught up; a closed shard's last event has no delay left either.</summary>
    private static async Task SubscribeAsync(
        ClientContext context, string stream, string shardId, LoadCounter counter, LatencyRecorder latency)
    {
        var request = new SubscribeToShardRequest
        {
            StreamName = stream,
            ShardId = shardId,
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        };
        using var call = context.Connection.Invoker.AsyncServerStreamingCall(
            ReadCount.SubscribeToShard, null, new CallOptions(cancellationToken: context.Cancellation), request);
        var began = TimeProvider.System.GetTimestamp();
        while (await call.ResponseStream.MoveNext(context.Cancellation))
        {
            var read = call.ResponseStream.Current;
            latency.AddSince(began);
            counter.Add(read.Records, read.Bytes);
            if (read.MillisBehindLatest == 0)
            {
                return;
            }

            began = TimeProvider.System.GetTimestamp();
        }
    }
}
