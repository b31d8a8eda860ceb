using System.CommandLine;
using Broker.Cli.Agents;
using Broker.Cli.Apply;
using Broker.Cli.Bench;
using Broker.Cli.Bundles;
using Broker.Cli.Clusters;
using Broker.Cli.Contexts;
using Broker.Cli.Groups;
using Broker.Cli.Migrate;
using Broker.Cli.MultiLang;
using Broker.Cli.Records;
using Broker.Cli.Recover;
using Broker.Cli.Serve;
using Broker.Cli.Streams;
using Broker.Cli.Verify;

namespace Broker.Cli;

/// <summary>The command line as a whole: <c>serve</c> is the broker, every other command its client.</summary>
internal static class BrokerCommandLine
{
    private const string Description = """
        Broker: a Kinesis-compatible stream broker. 'serve' runs it, 'migrate' prepares its database, 'recover' and 'restore' mend it; the other commands talk to one that runs.

        Exit codes: 0 done, 1 an error from the broker or a failed verification, 2 usage, 3 cannot connect, 130 interrupted.
        """;

    public static RootCommand Create() => new(Description)
    {
        ServeCommand.Create(),
        MigrateCommand.Create(),
        RecoverCommand.Create(),
        RestoreCommand.Create(),
        StreamCommand.Create(),
        ApplyCommand.Create(),
        LimitsCommand.Create(),
        PutCommand.Create(),
        TailCommand.Create(),
        AgentCommand.Create(),
        ConsumeCommand.Create(),
        AppCommand.Create(),
        ClusterCommand.Create(),
        ContextCommand.Create(),
        DebugCommand.Create(),
        MultiLangCommand.Create(),
        BenchCommand.Create(),
        VerifyCommand.Create(),
    };

    /// <summary>Parses and runs; the caller exits with the result (<see cref="ExitCode"/>).</summary>
    public static Task<int> RunAsync(IReadOnlyList<string> args)
    {
        var result = Create().Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
            {
                Console.Error.WriteLine($"broker: {error.Message}");
            }

            Console.Error.WriteLine($"'{CommandPath(result)} --help' tells the usage.");
            return Task.FromResult(ExitCode.Usage);
        }

        // Commands handle signals themselves: a server drains, a client stops what it does.
        return result.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    private static string CommandPath(ParseResult result)
    {
        var names = new Stack<string>();
        for (var command = result.CommandResult; command is not null; command = command.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Push(command.Command is RootCommand ? "broker" : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
