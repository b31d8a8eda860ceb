using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream encrypt</c>.</summary>
internal static class EncryptCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var key = new Option<string>("--key")
        {
            Description = "The master key: a key id, a key ARN, alias/NAME or an alias ARN. Default alias/aws/kinesis, the broker's own.",
            HelpName = "KEY",
            DefaultValueFactory = static _ => "alias/aws/kinesis",
        };
        var command = new Command("encrypt", "Encrypt new records at rest. Those that are there stay as they are.") { name, key };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var request = new StartStreamEncryptionRequest
            {
                StreamName = parse.GetRequiredValue(name),
                EncryptionType = EncryptionType.Kms,
                KeyId = parse.GetRequiredValue(key),
            };
            await context.Connection.Streams.StartStreamEncryptionAsync(request, cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(context, request.StreamName, noWait: false, "Encrypting");
        });
        return command;
    }
}
