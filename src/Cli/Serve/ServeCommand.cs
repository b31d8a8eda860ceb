using System.CommandLine;

namespace Broker.Cli.Serve;

/// <summary><c>broker serve</c>: silo and gateway in one process.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var data = new Option<string?>("--data")
        {
            Description = "Directory that holds everything; made when missing. Default ./broker-data.",
            HelpName = "DIR",
        };
        var listen = new Option<string?>("--listen")
        {
            Description = $"Address to listen on. Default {ClientOptions.DefaultEndpoint}.",
            HelpName = "URL",
        };
        var limits = new Option<string?>("--limits")
        {
            Description = "aws: AWS's quotas; unlimited: lifts all that are policy. Default aws.",
            HelpName = "aws|unlimited",
        };
        var auth = new Option<string?>("--auth")
        {
            Description = "on: requests are signed and policies apply; none: whoever reaches the server may do everything. Default none on loopback; beyond it one must be given.",
            HelpName = "none|on",
        };
        auth.AcceptOnlyFromAmong("none", "on");
        var command = new Command("serve", "Run the broker. Any setting can follow as --Broker:Section:Name=VALUE.") { data, listen, limits, auth };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parse, _) =>
        {
            if (parse.UnmatchedTokens.FirstOrDefault(token => !IsSetting(token)) is { } stray)
            {
                Console.Error.WriteLine($"broker: '{stray}' is not an option of serve; a setting is given as --Broker:Section:Name=VALUE.");
                return Task.FromResult(ExitCode.Usage);
            }

            return BrokerServer.RunAsync(Settings(parse.GetValue(data), parse.GetValue(listen), parse.GetValue(limits), parse.GetValue(auth)), parse.UnmatchedTokens);
        });
        return command;
    }

    private static bool IsSetting(string token) => token.StartsWith("--Broker:", StringComparison.OrdinalIgnoreCase) && token.Contains('=', StringComparison.Ordinal);

    private static Dictionary<string, string?> Settings(string? data, string? listen, string? limits, string? auth)
    {
        var settings = new Dictionary<string, string?>();
        Add("Broker:Storage:DataDirectory", data is null ? null : Path.GetFullPath(data));
        Add("Broker:Gateway:Listen", listen);
        Add("Broker:Limits:Profile", limits);
        Add("Broker:Auth:Mode", auth);
        return settings;

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                settings[key] = value;
            }
        }
    }
}
