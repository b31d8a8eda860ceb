using System.CommandLine;
using Broker.Cli.Output;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream tag</c>: adds, removes and shows tags.</summary>
internal static class TagCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var tags = new Argument<string[]>("KEY=VALUE") { Description = "Tags to add or replace.", Arity = ArgumentArity.ZeroOrMore };
        var remove = new Option<string[]>("--remove") { Description = "Keys to remove.", HelpName = "KEY", AllowMultipleArgumentsPerToken = true };
        tags.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"'{token.Value}' is not a tag: KEY=VALUE.");
            }
        });
        var command = new Command("tag", "Add, remove and show a stream's tags.") { name, tags, remove };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            var streams = context.Connection.Streams;
            var add = new AddTagsToStreamRequest { StreamName = stream };
            foreach (var tag in parse.GetValue(tags) ?? [])
            {
                var split = tag.IndexOf('=', StringComparison.Ordinal);
                add.Tags[tag[..split]] = tag[(split + 1)..];
            }

            if (add.Tags.Count > 0)
            {
                await streams.AddTagsToStreamAsync(add, cancellationToken: context.Cancellation);
            }

            if (parse.GetValue(remove) is { Length: > 0 } keys)
            {
                await streams.RemoveTagsFromStreamAsync(
                    new RemoveTagsFromStreamRequest { StreamName = stream, TagKeys = { keys } }, cancellationToken: context.Cancellation);
            }

            var all = await ListAsync(context, stream);
            context.Answer(all, console =>
            {
                var table = StreamTables.New("key", "value");
                foreach (var tag in all.Tags)
                {
                    StreamTables.AddRow(table, tag.Key, tag.Value);
                }

                console.Write(table);
            });
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<ListTagsForStreamResponse> ListAsync(ClientContext context, string stream)
    {
        var all = new ListTagsForStreamResponse();
        var request = new ListTagsForStreamRequest { StreamName = stream };
        while (true)
        {
            var page = await context.Connection.Streams.ListTagsForStreamAsync(request, cancellationToken: context.Cancellation);
            all.Tags.AddRange(page.Tags);
            if (!page.HasMoreTags || page.Tags.Count == 0)
            {
                return all;
            }

            request.ExclusiveStartTagKey = page.Tags[^1].Key;
        }
    }
}
