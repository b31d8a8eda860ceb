using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream scale</c>: uniform scaling.</summary>
internal static class ScaleCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var count = new Argument<int>("N") { Description = "Open shards to be; at most twice and at least half of those now." };
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("scale", "Bring a stream to N equal shards and wait until it is done.") { name, count, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            var scaled = await context.Connection.Streams.UpdateShardCountAsync(
                new UpdateShardCountRequest { StreamName = stream, TargetShardCount = parse.GetValue(count) },
                cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(
                context, stream, parse.GetValue(noWait), $"Scaled from {scaled.CurrentShardCount} to {scaled.TargetShardCount} shards:");
        });
        return command;
    }
}
