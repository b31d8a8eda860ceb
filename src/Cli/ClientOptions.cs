using System.CommandLine;
using Broker.Cli.Client;
using Broker.Cli.Contexts;
using Broker.Cli.Output;
using Grpc.Core;

namespace Broker.Cli;

/// <summary>What every client command takes (endpoint, output), and the frame in which it runs: signals, errors, exit codes.</summary>
internal sealed class ClientOptions
{
    public const string DefaultEndpoint = "http://127.0.0.1:4567";
    public const string EndpointVariable = "BROKER_ENDPOINT";

    private readonly Option<string> endpoint = new("--endpoint")
    {
        Description = $"Where the broker listens; also {EndpointVariable}. Of a cluster several gateways can be given, with commas between.",
        HelpName = "URL[,URL]",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(EndpointVariable) is { Length: > 0 } url ? url : DefaultEndpoint,
    };

    private readonly Option<string?> named = new("--context")
    {
        Description = "Endpoint and credentials by a name that 'broker context add' gave; other options override what it says. Without this and an endpoint, that of 'broker context use'.",
        HelpName = "NAME",
    };

    private readonly Option<OutputFormat> output = new("--output", "-o")
    {
        Description = "table for people, json for scripts: one JSON value on standard output and nothing else.",
        HelpName = "table|json",
        DefaultValueFactory = _ => OutputFormat.Table,
    };

    private readonly IdentityOptions identity = new();

    public ClientOptions() => endpoint.Validators.Add(result =>
    {
        if (ParseEndpoints(result.GetValueOrDefault<string>()) is null)
        {
            result.AddError($"--endpoint (or {EndpointVariable}) '{result.GetValueOrDefault<string>()}' is not a URL like {DefaultEndpoint}, or several of one scheme.");
        }
    });

    /// <summary>Reads one URL, or several with commas between; null where one is none, or their schemes differ.</summary>
    public static IReadOnlyList<Uri>? ParseEndpoints(string? text)
    {
        var parts = (text ?? "").Split(',');
        Uri[] all = [.. parts
            .Select(part => Uri.TryCreate(part, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null)
            .OfType<Uri>()];
        return all.Length == parts.Length && Array.TrueForAll(all, address => address.Scheme == all[0].Scheme) ? all : null;
    }

    /// <summary>Adds the options to a command and makes <paramref name="run"/> its action.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">The command's work; its result is the exit code.</param>
    /// <param name="ownOutput">The command has an <c>--output</c> of its own.</param>
    public void Attach(Command command, Func<ParseResult, ClientContext, Task<int>> run, bool ownOutput = false)
    {
        command.Add(endpoint);
        command.Add(named);
        identity.AddTo(command);
        if (!ownOutput)
        {
            command.Add(output);
        }

        command.SetAction((parse, _) => RunAsync(parse, ownOutput ? OutputFormat.Table : parse.GetValue(output), run));
    }

    private bool IsGiven(ParseResult parse) => parse.GetResult(endpoint) is { Implicit: false };

    /// <summary>The context that is named, or the current one where nothing says which broker is meant.</summary>
    private NamedContext? FindContext(ParseResult parse) => parse.GetValue(named) is { } name ? ContextsFile.Find(name)
        : IsGiven(parse) || Environment.GetEnvironmentVariable(EndpointVariable) is { Length: > 0 } ? null : ContextsFile.Find(null);

    private async Task<int> RunAsync(ParseResult parse, OutputFormat format, Func<ParseResult, ClientContext, Task<int>> run)
    {
        using var interruption = new Interruption();
        BrokerEndpoint target;
        try
        {
            var chosen = FindContext(parse);
            var addresses = ParseEndpoints(IsGiven(parse) ? parse.GetValue(endpoint) : chosen?.Endpoint ?? parse.GetValue(endpoint))
                ?? throw new CommandException($"the context's endpoint '{chosen?.Endpoint}' is not a URL like {DefaultEndpoint}, or several of one scheme.", ExitCode.Usage);
            target = identity.Resolve(parse, addresses[0], chosen) with { Others = [.. addresses.Skip(1)] };
        }
        catch (CommandException e)
        {
            Console.Error.WriteLine($"broker: {e.Message}");
            return e.ExitCode;
        }

        using var context = new ClientContext(target, format, interruption);
        try
        {
            return await run(parse, context);
        }
        catch (Exception e) when (interruption.Token.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            return ExitCode.Interrupted;
        }
        catch (CommandException e)
        {
            Console.Error.WriteLine($"broker: {e.Message}");
            return e.ExitCode;
        }
        catch (RpcException e)
        {
            var report = ErrorReport.From(e, context.Endpoint.Address);
            Console.Error.WriteLine(report.Line);
            return report.ExitCode;
        }
        catch (UnauthorizedAccessException e)
        {
            // Files are opened by the commands, which name them: what is left is standard output, closed.
            Console.Error.WriteLine($"broker: standard output cannot be written: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Failure;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"broker: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            return ExitCode.Failure;
        }
    }
}
