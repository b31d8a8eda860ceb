using System.CommandLine;
using Broker.Cli.Output;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream list</c>: all pages.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "List the streams.");
        new ClientOptions().Attach(command, async (_, context) =>
        {
            var all = new ListStreamsResponse();
            var request = new ListStreamsRequest { Limit = 1000 };
            while (true)
            {
                var page = await context.Connection.Streams.ListStreamsAsync(request, cancellationToken: context.Cancellation);
                all.Streams.AddRange(page.Streams);
                if (page.NextToken.Length == 0)
                {
                    break;
                }

                request = new ListStreamsRequest { Limit = 1000, NextToken = page.NextToken };
            }

            context.Answer(all, console =>
            {
                if (all.Streams.Count == 0)
                {
                    console.WriteLine("No streams.");
                }
                else
                {
                    console.Write(StreamTables.Streams(all.Streams));
                }
            });
            return ExitCode.Success;
        });
        return command;
    }
}
