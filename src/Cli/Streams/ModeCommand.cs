using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream mode</c>.</summary>
internal static class ModeCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var mode = new Argument<string>("MODE") { Description = "on-demand: held back by physics alone, scales itself; provisioned: AWS's limits a shard." };
        mode.AcceptOnlyFromAmong("on-demand", "provisioned");
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("mode", "Set how a stream's capacity is set.") { name, mode, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            await context.Connection.Streams.UpdateStreamModeAsync(
                new UpdateStreamModeRequest
                {
                    StreamName = stream,
                    Mode = parse.GetValue(mode) == "on-demand" ? StreamMode.OnDemand : StreamMode.Provisioned,
                },
                cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(context, stream, parse.GetValue(noWait), "Set");
        });
        return command;
    }
}
