using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream create</c>.</summary>
internal static class CreateCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var shards = new Option<int?>("--shards")
        {
            Description = "PROVISIONED mode with so many shards. Without it: ON_DEMAND with 4, held back by physics alone; scales itself.",
            HelpName = "N",
        };
        var size = new Option<int>("--max-record-kib") { Description = "Largest record, 1024 to 10240. Default 1024.", HelpName = "KIB" };
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("create", "Create a stream and wait until it is ACTIVE.") { name, shards, size, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            var count = parse.GetValue(shards);
            await context.Connection.Streams.CreateStreamAsync(
                new CreateStreamRequest
                {
                    StreamName = stream,
                    ShardCount = count ?? 0,
                    Mode = count is null ? StreamMode.OnDemand : StreamMode.Provisioned,
                    MaxRecordSizeKib = parse.GetValue(size),
                },
                cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(context, stream, parse.GetValue(noWait), "Created");
        });
        return command;
    }
}
