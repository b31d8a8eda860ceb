using System.CommandLine;
using Broker.Cli.Bench.Aws;

namespace Broker.Cli.Bench;

/// <summary><c>broker bench</c>: a load generator with latency percentiles.</summary>
internal static class BenchCommand
{
    public static Command Create() => new("bench", "Load the broker and measure it.")
    {
        BenchPutCommand.Create(),
        BenchGetCommand.Create(),
        BenchFanoutCommand.Create(),
        BenchAwsCommand.Create(),
    };
}
