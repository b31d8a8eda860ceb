using System.CommandLine;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream monitor</c>: enhanced monitoring.</summary>
internal static class MonitorCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var state = new Argument<string>("STATE") { Description = "on or off." };
        state.AcceptOnlyFromAmong("on", "off");
        var metrics = new Option<string[]>("--metric")
        {
            Description = "A metric by AWS's name, such as IncomingBytes; repeatable. Default ALL.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command("monitor", "Measure metrics a shard at a time, or no longer.") { name, state, metrics };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            string[] names = parse.GetValue(metrics) is { Length: > 0 } named ? named : ["ALL"];
            var desired = parse.GetValue(state) == "on"
                ? (await context.Connection.Streams.EnableEnhancedMonitoringAsync(
                    new EnableEnhancedMonitoringRequest { StreamName = stream, ShardLevelMetrics = { names } },
                    cancellationToken: context.Cancellation)).DesiredShardLevelMetrics
                : (await context.Connection.Streams.DisableEnhancedMonitoringAsync(
                    new DisableEnhancedMonitoringRequest { StreamName = stream, ShardLevelMetrics = { names } },
                    cancellationToken: context.Cancellation)).DesiredShardLevelMetrics;
            context.AnswerValue(
                new { StreamName = stream, ShardLevelMetrics = desired.ToArray() },
                console => console.WriteLine(
                    desired.Count == 0 ? $"{stream}: nothing is measured a shard at a time" : $"{stream}: {string.Join(", ", desired)} a shard at a time"));
            return ExitCode.Success;
        });
        return command;
    }
}
