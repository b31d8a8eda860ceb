using System.CommandLine;
using Broker.Cli.Output;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream describe</c>: the stream and all its shards.</summary>
internal static class DescribeCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var command = new Command("describe", "Show a stream and its shards: hash keys, parents, sequence numbers, open or closed.") { name };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var request = new DescribeStreamRequest { StreamName = parse.GetRequiredValue(name), Limit = 1000 };
            var all = await context.Connection.Streams.DescribeStreamAsync(request, cancellationToken: context.Cancellation);
            for (var page = all; page.HasMoreShards && page.Shards.Count > 0;)
            {
                request.ExclusiveStartShardId = page.Shards[^1].ShardId;
                page = await context.Connection.Streams.DescribeStreamAsync(request, cancellationToken: context.Cancellation);
                all.Shards.AddRange(page.Shards);
            }

            all.HasMoreShards = false;
            context.Answer(all, console =>
            {
                console.WriteLine(StreamTables.OneLine(all.Stream));
                console.WriteLine(
                    $"{all.Stream.StreamArn}, created {StreamTables.Time(all.Stream.CreationTime?.ToDateTimeOffset())}, " +
                    $"records up to {all.Stream.MaxRecordSizeKib} KiB, {StreamTables.Plural(all.Stream.ConsumerCount, "consumer")}");
                foreach (var line in StreamTables.Settings(all.Stream))
                {
                    console.WriteLine(line);
                }

                console.Write(StreamTables.Shards(all.Shards));
            });
            return ExitCode.Success;
        });
        return command;
    }
}
