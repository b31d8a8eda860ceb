using System.CommandLine;

namespace Broker.Cli.Serve;

/// <summary><c>broker serve</c>: silo and gateway in one process.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var data = new Option<string>("--data")
        {
            Description = "Directory that holds everything; made when missing. Default ./broker-data.",
            HelpName = "DIR",
        };
        var listen = new Option<string>("--listen")
        {
            Description = $"Address to listen on. Default {ClientOptions.DefaultEndpoint}.",
            HelpName = "URL",
        };
        var limits = new Option<string>("--limits")
        {
            Description = "aws: AWS's quotas; unlimited: lifts all that are policy. Default aws.",
            HelpName = "aws|unlimited",
        };
        limits.AcceptOnlyFromAmong("aws", "unlimited");
        var command = new Command("serve", "Run the broker.") { data, listen, limits };
        command.SetAction((parse, cancellation) => RunAsync(parse.GetValue(data), parse.GetValue(listen), parse.GetValue(limits), cancellation));
        return command;
    }

    private static Task<int> RunAsync(string? data, string? listen, string? limits, CancellationToken cancellation)
    {
        _ = (data, listen, limits, cancellation);
        Console.Error.WriteLine("broker: this build has no server.");
        return Task.FromResult(ExitCode.Failure);
    }
}
