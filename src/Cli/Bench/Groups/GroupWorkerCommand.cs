using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Broker.Cli.Client;
using Broker.Kcl.Connection;
using Broker.Kcl.Consumer;

namespace Broker.Cli.Bench.Groups;

/// <summary><c>broker bench group-worker</c>: a worker process of <c>broker bench group</c>, which reads the lines that it prints.</summary>
internal static class GroupWorkerCommand
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(20);

    public static Command Create()
    {
        var application = new Argument<string>("APP");
        var stream = new Argument<string>("STREAM");
        var worker = new Argument<string>("WORKER");
        var failover = new Argument<double>("FAILOVER_SECONDS");
        var command = new Command("group-worker", "A worker of 'bench group'.") { application, stream, worker, failover };
        command.Hidden = true;
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var endpoint = context.Endpoint;
            var options = new BrokerConsumerOptions
            {
                ApplicationName = parse.GetRequiredValue(application),
                StreamNames = [parse.GetRequiredValue(stream)],
                WorkerId = parse.GetRequiredValue(worker),
                Endpoints = [endpoint.Address, .. endpoint.Others],
                Credentials = endpoint.Credentials is { } key ? new BrokerCredentials(key.AccessKeyId, key.SecretAccessKey, key.Region, key.SessionToken) : null,
                ConfigureHandler = handler => handler.SslOptions = BrokerConnection.SslOptions(endpoint),
                InitialPosition = InitialPosition.TrimHorizon,
                FailoverTime = TimeSpan.FromSeconds(parse.GetRequiredValue(failover)),
            };
            var count = new Count();
            await using var consumer = new BrokerConsumer(options, _ => new Processor(count));
            var running = consumer.RunAsync(context.Cancellation);
            for (var told = -1L; !running.IsCompleted;)
            {
                await Task.WhenAny(running, Task.Delay(TellEvery));
                if (Volatile.Read(ref count.Records) is var records && records != told)
                {
                    told = records;
                    Tell($"count {records} {Volatile.Read(ref count.ProcessedAt)}");
                }
            }

            await running;
            return ExitCode.Success;
        }, ownOutput: true);
        return command;
    }

    private static void Tell(FormattableString line) => Console.Out.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed class Count
    {
        public long Records;
        public long ProcessedAt = Stopwatch.GetTimestamp();
    }

    private sealed class Processor(Count count) : IRecordProcessor
    {
        public Task InitializeAsync(ShardLease lease, CancellationToken lost)
        {
            Tell($"granted {lease.ShardId} {Stopwatch.GetTimestamp()}");
            return Task.CompletedTask;
        }

        public Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
        {
            Interlocked.Add(ref count.Records, batch.Records.Count);
            Volatile.Write(ref count.ProcessedAt, Stopwatch.GetTimestamp());
            return batch.CheckpointAsync(lost);
        }
    }
}
