using System.CommandLine;
using Broker.Cli.Output;

namespace Broker.Cli.Contexts;

/// <summary><c>broker context</c>: brokers by name, so that commands need not be told endpoint and credentials.</summary>
internal static class ContextCommand
{
    public static Command Create() => new("context", "Name brokers: endpoint and credentials, kept in a file that nobody else may read.")
    {
        Add(),
        Use(),
        List(),
        Remove(),
    };

    private static Argument<string> NameArgument() => new("NAME") { Description = "The context." };

    private static Command Add()
    {
        var name = NameArgument();
        var endpoint = new Option<string>("--endpoint")
        {
            Description = "Where the broker listens; several gateways of a cluster with commas between.",
            HelpName = "URL[,URL]",
            Required = true,
        };
        endpoint.Validators.Add(result =>
        {
            if (ClientOptions.ParseEndpoints(result.GetValueOrDefault<string>()) is null)
            {
                result.AddError($"--endpoint '{result.GetValueOrDefault<string>()}' is not a URL like {ClientOptions.DefaultEndpoint}, or several of one scheme.");
            }
        });
        var identity = new IdentityOptions();
        var command = new Command("add", "Add a context, or replace it. The first becomes the current one.") { name, endpoint };
        identity.AddTo(command);
        command.SetAction(parse => Run(file =>
        {
            var added = parse.GetRequiredValue(name);
            file.Contexts[added] = identity.ToContext(parse, parse.GetRequiredValue(endpoint));
            file.Current ??= added;
            file.Write();
        }));
        return command;
    }

    private static Command Use()
    {
        var name = NameArgument();
        var command = new Command("use", "Make a context the one that commands use that are told no --context and no --endpoint.") { name };
        command.SetAction(parse => Run(file =>
        {
            file.Current = Known(file, parse.GetRequiredValue(name));
            file.Write();
        }));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List contexts, without their secrets.");
        command.SetAction(_ => Run(static file =>
        {
            var table = StreamTables.New("", "context", "endpoint", "access key", "authorities");
            foreach (var (name, context) in file.Contexts)
            {
                StreamTables.AddRow(
                    table, name == file.Current ? "*" : "", name, context.Endpoint, context.AccessKeyId ?? context.TlsCertificate ?? "", context.TlsAuthorities ?? "");
            }

            Consoles.StandardOutput().Write(table);
        }));
        return command;
    }

    private static Command Remove()
    {
        var name = NameArgument();
        var command = new Command("remove", "Forget a context.") { name };
        command.SetAction(parse => Run(file =>
        {
            var removed = Known(file, parse.GetRequiredValue(name));
            file.Contexts.Remove(removed);
            file.Current = file.Current == removed ? null : file.Current;
            file.Write();
        }));
        return command;
    }

    private static string Known(ContextsFile file, string name) => file.Contexts.ContainsKey(name)
        ? name : throw new CommandException($"there is no context '{name}' in {ContextsFile.Path}: 'broker context list' shows what there is.", ExitCode.Usage);

    private static int Run(Action<ContextsFile> work)
    {
        try
        {
            work(ContextsFile.Read());
            return ExitCode.Success;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"broker: {exception.Message}");
            return exception.ExitCode;
        }
    }
}
