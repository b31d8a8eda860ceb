using System.CommandLine;
using Broker.Cli.Bench.Aws;
using Broker.Cli.Bench.Groups;

namespace Broker.Cli.Bench;

/// <summary><c>broker bench</c>: a load generator with latency percentiles.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Load the broker and measure it.")
    {
        BenchPutCommand.Create(),
        BenchGetCommand.Create(),
        BenchFanoutCommand.Create(),
        BenchGroupCommand.Create(),
        GroupWorkerCommand.Create(),
        BenchAwsCommand.Create(),
    };
}
