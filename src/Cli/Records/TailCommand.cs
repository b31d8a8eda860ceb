using System.CommandLine;
using Broker.Cli.Client;
using Grpc.Core;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace Broker.Cli.Records;

/// <summary><c>broker tail</c>: all shards, children after their parents, live by push.</summary>
internal static class TailCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The stream." };
        var from = new Option<string>("--from")
        {
            Description = "Where to begin: trim-horizon, latest, a time (ISO 8601) or Unix seconds.",
            HelpName = "trim-horizon|latest|TIMESTAMP",
            DefaultValueFactory = _ => "latest",
        };
        from.Validators.Add(result =>
        {
            if (!StartOption.TryParse(result.GetValueOrDefault<string>()!, out _))
            {
                result.AddError($"--from '{result.GetValueOrDefault<string>()}' is neither trim-horizon, latest nor a time.");
            }
        });
        var shard = new Option<string?>("--shard") { Description = "Only this shard, without its children.", HelpName = "ID" };
        var count = new Option<long?>("--count") { Description = "End after N records.", HelpName = "N" };
        var exitAtEnd = new Option<bool>("--exit-at-end") { Description = "End when every shard is read to its end as of now." };
        var output = new Option<string>("--output", "-o")
        {
            Description = "raw: the data and a newline. json: an object a line with shardId, sequenceNumber, partitionKey, " +
                "approximateArrivalTimestamp and data, or dataBase64 where the data is not UTF-8.",
            HelpName = "raw|json",
            DefaultValueFactory = _ => "raw",
        };
        output.AcceptOnlyFromAmong("raw", "json");
        var command = new Command("tail", "Follow a stream: every shard, children after their parents, as records become durable.")
        {
            name, from, shard, count, exitAtEnd, output,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(count) is <= 0)
            {
                result.AddError("--count must be above 0.");
            }
        });
        new ClientOptions().Attach(
            command,
            async (parse, context) =>
            {
                var options = new FollowOptions
                {
                    From = StartOption.Parse(parse.GetRequiredValue(from)),
                    OnlyShard = parse.GetValue(shard),
                    ExitAtEnd = parse.GetValue(exitAtEnd),
                    Interrupted = (shardId, e) => Note(context, shardId, e),
                };
                var source = new PushShardSource(context.Connection, parse.GetRequiredValue(name));
                if (options.OnlyShard is not null)
                {
                    await source.ListShardsAsync(new V1.ShardFilter(), context.Cancellation); // Is it there at all?
                }

                await using var stdout = OpenOutput();
                var writer = new RecordWriter(stdout, parse.GetValue(output) == "json");
                using var job = new TailJob(new StreamFollower(source, options, TimeProvider.System), writer, parse.GetValue(count));
                await job.RunAsync(context.Cancellation);
                return ExitCode.Success;
            },
            ownOutput: true);
        return command;
    }

    /// <summary>Standard output such that a pipe whose reader has gone is an IOException, which the console's own stream hides.</summary>
    internal static Stream OpenOutput()
    {
        if (Console.IsOutputRedirected && !OperatingSystem.IsWindows())
        {
            var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            if (!pipe.CanSeek)
            {
                return pipe;
            }
        }

        return Console.OpenStandardOutput();
    }

    private static void Note(ClientContext context, string shardId, Exception e)
    {
        if (context.ShowProgress)
        {
            context.Error.WriteLine($"{shardId}: {(e is RpcException rpc ? rpc.Status.Detail : e.Message)} Reading goes on as soon as it can.");
        }
    }
}
