using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream merge</c>.</summary>
internal static class MergeCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var shard = new Argument<string>("SHARD") { Description = "An open shard." };
        var adjacent = new Argument<string>("ADJACENT") { Description = "The open shard next to it." };
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("merge", "Merge two adjacent open shards and wait until it is done.") { name, shard, adjacent, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            var request = new MergeShardsRequest
            {
                StreamName = stream,
                ShardToMerge = parse.GetRequiredValue(shard),
                AdjacentShardToMerge = parse.GetRequiredValue(adjacent),
            };
            await context.Connection.Streams.MergeShardsAsync(request, cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(
                context, stream, parse.GetValue(noWait), $"Merged {request.ShardToMerge} and {request.AdjacentShardToMerge} of");
        });
        return command;
    }
}
