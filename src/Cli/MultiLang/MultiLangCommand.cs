using System.CommandLine;
using Broker.Cli.Client;
using Broker.Kcl.Connection;
using Broker.Kcl.Consumer;
using Microsoft.Extensions.Logging.Console;

namespace Broker.Cli.MultiLang;

/// <summary><c>broker multilang</c>: KCL's MultiLang daemon, for record processors in any language, which run unchanged.</summary>
internal static class MultiLangCommand
{
    public static Command Create()
    {
        var properties = new Option<FileInfo>("--properties", "-p")
        {
            Description = "KCL's properties file; its kinesisEndpoint names the broker, else --endpoint does.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("multilang", "Run record processors written for KCL's MultiLang daemon, a process for each shard.") { properties };
        new ClientOptions().Attach(command, (parse, context) => RunAsync(parse.GetRequiredValue(properties), context), ownOutput: true);
        return command;
    }

    private static async Task<int> RunAsync(FileInfo file, ClientContext context)
    {
        var settings = KclProperties.Of(PropertiesFile.Parse(Read(file)), file.Name);
        foreach (var note in settings.Notes)
        {
            await Console.Error.WriteLineAsync($"{file.Name}: {note}");
        }

        if (!ChildProcess.IsFound(settings.Command[0]))
        {
            throw new CommandException(
                $"{file.Name}: executableName is '{settings.Command[0]}': there is no such program; it must be a path, or be found by PATH.", ExitCode.Usage);
        }

        var options = settings.Options;
        foreach (var address in settings.Endpoint is { } named ? [named] : new[] { context.Endpoint.Address }.Concat(context.Endpoint.Others))
        {
            options.Endpoints.Add(address);
        }

        options.ConfigureHandler = handler => handler.SslOptions = BrokerConnection.SslOptions(context.Endpoint);
        options.Credentials = context.Endpoint.Credentials is { } key
            ? new BrokerCredentials(key.AccessKeyId, key.SecretAccessKey, key.Region, key.SessionToken)
            : null;
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true)
            .Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Interruption.SplitFirst(), context.Cancellation);
        Exception? failure = null;
        await using var consumer = new BrokerConsumer(
            options,
            _ => new MultiLangProcessor(settings.Command, settings.Timeout, exception =>
            {
                failure = exception;
                stop.Cancel();
            }),
            loggers.CreateLogger<BrokerConsumer>());
        try
        {
            await consumer.RunAsync(stop.Token).WaitAsync(context.Cancellation);
        }
        catch (ConsumerFailedException e)
        {
            throw new CommandException($"{e.ErrorCode}: {e.Message}");
        }

        return failure is null ? ExitCode.Success : throw failure;
    }

    private static string Read(FileInfo file)
    {
        try
        {
            return File.ReadAllText(file.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file.FullName} cannot be read: {e.Message}", ExitCode.Usage);
        }
    }
}
