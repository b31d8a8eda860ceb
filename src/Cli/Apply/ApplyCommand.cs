using System.CommandLine;
using System.Globalization;
using Broker.Cli.Output;
using Broker.Cli.Streams;
using Spectre.Console;

namespace Broker.Cli.Apply;

/// <summary><c>broker apply</c>: makes streams what a file declares.</summary>
internal static class ApplyCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--file", "-f") { Description = "File of streams, YAML (docs/apply.md); - for standard input.", HelpName = "FILE", Required = true };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would be changed." };
        var prune = new Option<bool>("--prune")
        {
            Description = "Also delete what the file does not have: streams with their records, and consumers and tags of streams for which it lists some.",
        };
        var command = new Command("apply", "Create and change streams until they are what a file declares. Repeatable. Nothing is deleted without --prune.")
        {
            file, dryRun, prune,
        };
        new ClientOptions().Attach(command, (parse, context) =>
            RunAsync(context, Read(parse.GetRequiredValue(file)), parse.GetValue(dryRun), parse.GetValue(prune)));
        return command;
    }

    private static IReadOnlyList<StreamSpec> Read(string file)
    {
        if (file == "-")
        {
            return StreamsFile.Read("standard input", Console.In);
        }

        try
        {
            using var text = new StreamReader(file);
            return StreamsFile.Read(file, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} cannot be read: {exception.Message}", ExitCode.Usage);
        }
    }

    private static async Task<int> RunAsync(ClientContext context, IReadOnlyList<StreamSpec> specs, bool dryRun, bool prune)
    {
        var changes = await new StreamPlanner(context.Connection.Streams, prune, context.Cancellation).PlanAsync(specs);
        foreach (var change in changes)
        {
            if (context.Format == OutputFormat.Table)
            {
                context.Out.WriteLine(change.Line);
            }

            if (!dryRun)
            {
                await change.ApplyAsync();
                if (change.What != "the stream and its records")
                {
                    // The next change of the stream wants it ACTIVE.
                    await StreamState.WaitUntilActiveAsync(context, change.Stream);
                }
            }
        }

        context.AnswerValue(
            changes.Select(static change => new { change.Kind, change.Stream, change.What }).ToList(),
            console => console.WriteLine(changes.Count == 0
                ? $"{StreamTables.Plural(specs.Count, "stream")} as declared."
                : string.Create(CultureInfo.InvariantCulture, $"{StreamTables.Plural(changes.Count, "change")} {(dryRun ? "to be made" : "made")}.")));
        return ExitCode.Success;
    }
}
