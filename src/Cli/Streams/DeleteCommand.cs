using System.CommandLine;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream delete</c>.</summary>
internal static class DeleteCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var force = new Option<bool>("--force") { Description = "Delete it although consumers are registered." };
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("delete", "Delete a stream and all its records.") { name, force, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            await context.Connection.Streams.DeleteStreamAsync(
                new DeleteStreamRequest { StreamName = stream, EnforceConsumerDeletion = parse.GetValue(force) },
                cancellationToken: context.Cancellation);
            if (!parse.GetValue(noWait))
            {
                await StreamState.WaitUntilGoneAsync(context, stream);
            }

            context.AnswerValue(new { StreamName = stream, Deleted = true }, console => console.WriteLine($"Deleted {stream}"));
            return ExitCode.Success;
        });
        return command;
    }
}
