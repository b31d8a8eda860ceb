using System.CommandLine;
namespace Broker.Cli.Bench;
internal static class BenchCommand { public static Command Create() => new("bench"); }
