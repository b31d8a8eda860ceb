using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream warm</c>.</summary>
internal static class WarmCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var mibps = new Argument<int>("MIBPS") { Description = "MiB/s to be ready for; 0 for none." };
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("warm", "Keep an ON_DEMAND stream ready for a write throughput: a shard for each MiB/s, at least.") { name, mibps, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            await context.Connection.Streams.UpdateStreamWarmThroughputAsync(
                new UpdateStreamWarmThroughputRequest { StreamName = stream, WarmThroughputMibps = parse.GetValue(mibps) },
                cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(context, stream, parse.GetValue(noWait), "Set");
        });
        return command;
    }
}
