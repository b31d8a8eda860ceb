using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream decrypt</c>.</summary>
internal static class DecryptCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var command = new Command("decrypt", "Store new records in the clear. Those that are encrypted stay so, and readable.") { name };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            var present = await StreamState.DescribeAsync(context, stream);
            if (present.EncryptionType == EncryptionType.Kms)
            {
                await context.Connection.Streams.StopStreamEncryptionAsync(
                    new StopStreamEncryptionRequest { StreamName = stream, EncryptionType = EncryptionType.Kms, KeyId = present.KeyId },
                    cancellationToken: context.Cancellation);
            }

            return await StreamState.AnswerAsync(context, stream, noWait: false, "Set");
        });
        return command;
    }
}
