using System.CommandLine;
using Broker.Cli.Client;
using Broker.Contracts.Streams;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream split</c>.</summary>
internal static class SplitCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var shard = new Argument<string>("SHARD") { Description = "An open shard." };
        var at = new Option<string?>("--at")
        {
            Description = "The hash key at which the upper child begins. Default: the middle of the shard.",
            HelpName = "HASHKEY",
        };
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("split", "Split an open shard in two and wait until it is done.") { name, shard, at, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            var shardId = parse.GetRequiredValue(shard);
            await context.Connection.Streams.SplitShardAsync(
                new SplitShardRequest
                {
                    StreamName = stream,
                    ShardToSplit = shardId,
                    NewStartingHashKey = parse.GetValue(at) ?? await MiddleAsync(context, stream, shardId),
                },
                cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(context, stream, parse.GetValue(noWait), $"Split {shardId} of");
        });
        return command;
    }

    /// <summary>Where the upper half of a range begins.</summary>
    /// <exception cref="CommandException">The range is a single key.</exception>
    public static HashKey MiddleOf(Contracts.Streams.HashKeyRange range) => range.Start == range.End
        ? throw new CommandException($"The shard takes a single hash key, {range.Start}: it cannot be split.")
        : new HashKey(range.Start.Value + ((range.End.Value - range.Start.Value) / 2) + 1);

    private static async Task<string> MiddleAsync(ClientContext context, string stream, string shardId)
    {
        var filter = new ShardFilter { Type = ShardFilterType.AtLatest };
        var shards = await ShardListing.ListAsync(context.Connection.Streams, stream, filter, context.Cancellation);
        var range = shards.FirstOrDefault(shard => shard.ShardId == shardId)?.HashKeyRange
            ?? throw new CommandException($"{stream} has no open shard {shardId} ('broker stream describe {stream}' shows them).");
        return HashKey.TryParse(range.StartingHashKey, out var start) && HashKey.TryParse(range.EndingHashKey, out var end)
            ? MiddleOf(new Contracts.Streams.HashKeyRange(start, end)).ToString()
            : throw new CommandException($"The broker gave {shardId} a hash key range that does not parse: {range}.");
    }
}
