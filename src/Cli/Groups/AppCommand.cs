using System.CommandLine;
using Broker.Cli.Records;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Groups;

/// <summary><c>broker app</c>: applications (consumer groups).</summary>
internal static class AppCommand
{
    public static Command Create() => new("app", "Look at applications (consumer groups), rewind them, delete them.")
    {
        List(),
        Describe(),
        Reset(),
        Delete(),
    };

    public static Argument<string> NameArgument() => new("APP") { Description = "The application." };

    private static Option<bool> ForceOption() => new("--force") { Description = "Do it although workers hold leases." };

    private static Command List()
    {
        var command = new Command("list", "List applications.");
        new ClientOptions().Attach(command, async (_, context) =>
        {
            var all = new ListApplicationsResponse();
            bool hasMore;
            do
            {
                var page = await context.Connection.Applications.ListApplicationsAsync(
                    new ListApplicationsRequest { ExclusiveStartApplicationName = all.Applications.LastOrDefault()?.ApplicationName ?? "" },
                    cancellationToken: context.Cancellation);
                all.Applications.AddRange(page.Applications);
                hasMore = page.HasMore;
            }
            while (hasMore);

            context.Answer(all, console => console.Write(ApplicationTables.Applications(all.Applications)));
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Describe()
    {
        var name = NameArgument();
        var command = new Command("describe", "Show an application's workers, leases, checkpoints and lag.") { name };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var answer = await context.Connection.Applications.DescribeApplicationAsync(
                new DescribeApplicationRequest { ApplicationName = parse.GetRequiredValue(name) }, cancellationToken: context.Cancellation);
            context.Answer(answer, console =>
            {
                console.WriteLine(ApplicationTables.OneLine(answer));
                if (answer.Workers.Count > 0)
                {
                    console.Write(ApplicationTables.Workers(answer.Workers));
                }

                console.Write(ApplicationTables.Leases(answer.Leases));
            });
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Reset()
    {
        var name = NameArgument();
        var to = new Option<string>("--to")
        {
            Description = "Where to begin anew: trim-horizon, latest, a time (ISO 8601) or Unix seconds.",
            HelpName = "trim-horizon|latest|TIMESTAMP",
            Required = true,
        };
        to.Validators.Add(result =>
        {
            if (!StartOption.TryParse(result.GetValueOrDefault<string>() ?? "", out _))
            {
                result.AddError($"--to '{result.GetValueOrDefault<string>()}' is neither trim-horizon, latest nor a time.");
            }
        });
        var force = ForceOption();
        var command = new Command("reset", "Have an application begin anew at a place; its checkpoints are gone.") { name, to, force };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var request = new ResetApplicationRequest
            {
                ApplicationName = parse.GetRequiredValue(name),
                Position = StartOption.Parse(parse.GetRequiredValue(to)),
                Force = parse.GetValue(force),
            };
            await context.Connection.Applications.ResetApplicationAsync(request, cancellationToken: context.Cancellation);
            context.AnswerValue(new { request.ApplicationName, Reset = true }, console => console.WriteLine($"Reset {request.ApplicationName}"));
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Delete()
    {
        var name = NameArgument();
        var force = ForceOption();
        var command = new Command("delete", "Forget an application with its checkpoints.") { name, force };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var request = new DeleteApplicationRequest { ApplicationName = parse.GetRequiredValue(name), Force = parse.GetValue(force) };
            await context.Connection.Applications.DeleteApplicationAsync(request, cancellationToken: context.Cancellation);
            context.AnswerValue(new { request.ApplicationName, Deleted = true }, console => console.WriteLine($"Deleted {request.ApplicationName}"));
            return ExitCode.Success;
        });
        return command;
    }
}
