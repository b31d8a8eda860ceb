using System.CommandLine;
using Broker.Agent.Configuration;
using Broker.Agent.Flows;
using Broker.Cli.Client;
using Broker.Kcl.Producer;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Broker.Cli.Agents;

/// <summary><c>broker agent</c>: follows log files and puts their lines into streams, by the configuration of AWS's Kinesis Agent.</summary>
internal static class AgentCommand
{
    private const string DefaultFile = "/etc/aws-kinesis/agent.json";

    public static Command Create()
    {
        var config = new Option<string>("--config", "-c")
        {
            Description = $"Configuration, as AWS's Kinesis Agent reads it (docs/agent.md). Default {DefaultFile}.",
            HelpName = "FILE",
            DefaultValueFactory = _ => DefaultFile,
        };
        var check = new Option<bool>("--check") { Description = "Tell what is wrong with the configuration, and end." };
        var command = new Command("agent", "Follow log files and put their lines into streams, through rotation and restarts.") { config, check };
        new ClientOptions().Attach(
            command,
            (parse, context) => RunAsync(context, parse.GetRequiredValue(config), parse.GetValue(check)),
            ownOutput: true);
        return command;
    }

    private static async Task<int> RunAsync(ClientContext context, string file, bool isCheck)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new CommandException("the agent tells files apart as Linux does: it runs there alone.", ExitCode.Usage);
        }

        var configuration = Read(file);
        if (isCheck)
        {
            foreach (var warning in configuration.Warnings)
            {
                Console.Error.WriteLine($"broker: {file}: {warning}");
            }

            try
            {
                LogAgent.Check(configuration);
            }
            catch (IOException e)
            {
                throw new CommandException(e.Message);
            }

            Console.Out.WriteLine($"{file} is sound.");
            return ExitCode.Success;
        }

        var stop = context.Interruption.SplitFirst();
        using var loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(configuration.LogLevel)
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
            }).Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        using var meters = Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 }
            ? Sdk.CreateMeterProviderBuilder().AddMeter(AgentMetrics.MeterName, ProducerMetrics.MeterName).AddOtlpExporter().Build()
            : null;
        var endpoint = context.Endpoint;
        var connection = new BrokerConnectionSettings(
            [endpoint.Address, .. endpoint.Others],
            endpoint.Credentials,
            handler => handler.SslOptions = BrokerConnection.SslOptions(endpoint));
        try
        {
            await new LogAgent(configuration, connection, loggers).RunAsync(stop).WaitAsync(context.Cancellation);
        }
        catch (IOException e)
        {
            throw new CommandException(e.Message);
        }

        return ExitCode.Success;
    }

    private static AgentConfiguration Read(string file)
    {
        try
        {
            return AgentConfiguration.Parse(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot read {file}: {e.Message}", ExitCode.Usage);
        }
        catch (AgentConfigurationException e)
        {
            throw new CommandException($"{file} cannot be used:\n  {string.Join("\n  ", e.Faults)}", ExitCode.Usage);
        }
    }
}
