using System.CommandLine;
using System.Globalization;

namespace Broker.Cli.Serve;

/// <summary><c>broker serve</c>: silo and gateway in one process, alone or as a part of a cluster.</summary>
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
        var keys = new Option<string?>("--auth-keys") { Description = "File of access keys, their principals and policies, for --auth on.", HelpName = "FILE" };
        var certificate = new Option<string?>("--tls-cert")
        {
            Description = "Certificate for HTTPS, PEM or PFX: on --listen where that is https://, else on --tls-listen.",
            HelpName = "FILE",
        };
        var key = new Option<string?>("--tls-key") { Description = "Private key of --tls-cert, PEM.", HelpName = "FILE" };
        var development = new Option<bool>("--tls-dev") { Description = "HTTPS with a self-signed certificate for localhost, kept in the data directory as tls-dev.pem." };
        var secure = new Option<string?>("--tls-listen")
        {
            Description = "Second address, for HTTPS. Default that of --listen with the next port, where there is a certificate.",
            HelpName = "URL",
        };
        var metrics = new Option<string?>("--metrics")
        {
            Description = "Address on which /metrics answers in Prometheus' format. Default none.",
            HelpName = "URL",
        };
        var postgres = new Option<string?>("--postgres")
        {
            Description = "Connection string of the database that a cluster shares; without one everything is in --data, and there is no cluster.",
            HelpName = "CONNECTIONSTRING",
        };
        var roles = new Option<string?>("--roles") { Description = "What this process of a cluster does. Default silo,gateway.", HelpName = "silo,gateway" };
        var siloPort = new Option<int?>("--silo-port") { Description = "Port on which silos talk to this one. Default 11111.", HelpName = "PORT" };
        var siloGatewayPort = new Option<int?>("--silo-gateway-port")
        {
            Description = "Port on which gateways without a silo talk to this one. Default 30000.",
            HelpName = "PORT",
        };
        var advertise = new Option<string?>("--advertise")
        {
            Description = "IP address at which the other processes of the cluster reach this one. Default 127.0.0.1.",
            HelpName = "IP",
        };
        var clusterId = new Option<string?>("--cluster-id") { Description = "Which cluster of those on the database. Default broker.", HelpName = "ID" };
        var migrate = new Option<bool>("--migrate") { Description = "Bring the database up to this release first, as 'broker migrate' does. For development." };
        var command = new Command("serve", "Run the broker. Any setting can follow as --Broker:Section:Name=VALUE.")
        {
            data, listen, limits, auth, keys, certificate, key, development, secure, metrics,
            postgres, roles, siloPort, siloGatewayPort, advertise, clusterId, migrate,
        };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parse, _) =>
        {
            if (parse.UnmatchedTokens.FirstOrDefault(token => !IsSetting(token)) is { } stray)
            {
                Console.Error.WriteLine($"broker: '{stray}' is not an option of serve; a setting is given as --Broker:Section:Name=VALUE.");
                return Task.FromResult(ExitCode.Usage);
            }

            return BrokerServer.RunAsync(
                Settings(
                    ("Broker:Storage:DataDirectory", FullPath(parse.GetValue(data))),
                    ("Broker:Gateway:Listen", parse.GetValue(listen)),
                    ("Broker:Limits:Profile", parse.GetValue(limits)),
                    ("Broker:Auth:Mode", parse.GetValue(auth)),
                    ("Broker:Auth:KeysFile", FullPath(parse.GetValue(keys))),
                    ("Broker:Tls:CertificateFile", FullPath(parse.GetValue(certificate))),
                    ("Broker:Tls:KeyFile", FullPath(parse.GetValue(key))),
                    ("Broker:Tls:Development", parse.GetValue(development) ? "true" : null),
                    ("Broker:Tls:Listen", parse.GetValue(secure)),
                    ("Broker:Telemetry:Listen", parse.GetValue(metrics)),
                    ("Broker:Postgres:ConnectionString", parse.GetValue(postgres)),
                    ("Broker:Cluster:Roles", parse.GetValue(roles)),
                    ("Broker:Cluster:SiloPort", parse.GetValue(siloPort)?.ToString(CultureInfo.InvariantCulture)),
                    ("Broker:Cluster:SiloGatewayPort", parse.GetValue(siloGatewayPort)?.ToString(CultureInfo.InvariantCulture)),
                    ("Broker:Cluster:AdvertisedAddress", parse.GetValue(advertise)),
                    ("Broker:Cluster:ClusterId", parse.GetValue(clusterId)),
                    ("Broker:Cluster:Migrate", parse.GetValue(migrate) ? "true" : null)),
                parse.UnmatchedTokens);
        });
        return command;
    }

    private static bool IsSetting(string token) => token.StartsWith("--Broker:", StringComparison.OrdinalIgnoreCase) && token.Contains('=', StringComparison.Ordinal);

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static Dictionary<string, string?> Settings(params (string Key, string? Value)[] settings) =>
        settings.Where(static setting => setting.Value is not null).ToDictionary();
}
