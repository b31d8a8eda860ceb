using System.CommandLine;
using System.Globalization;
using System.Net;
using Broker.Cli.Output;
using Broker.V1;
using Grpc.Core;
using Spectre.Console;

namespace Broker.Cli.Bundles;

/// <summary><c>broker debug bundle</c>: what somebody needs who looks for a fault, in one file.</summary>
internal static class DebugCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create() => new("debug", "Gather what is needed to look for a fault.") { Bundle() };

    private static Command Bundle()
    {
        var file = new Option<string?>("--file", "-f") { Description = "Where to write it. Default broker-debug-TIME.tar.gz in the working directory.", HelpName = "FILE" };
        var metrics = new Option<string[]>("--metrics") { Description = "Address of a process's metrics (its --metrics), to be scraped; once for each.", HelpName = "URL" };
        var command = new Command(
            "bundle", "Write the cluster's status, health, streams, and of each process its settings without secrets, runtime and newest log lines, as tar.gz.")
        {
            file, metrics,
        };
        command.Validators.Add(result =>
        {
            foreach (var url in (result.GetValue(metrics) ?? []).Where(static url => !Uri.TryCreate(url, UriKind.Absolute, out _)))
            {
                result.AddError($"--metrics '{url}' is not a URL like http://127.0.0.1:9464.");
            }
        });
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var path = parse.GetValue(file) ?? string.Create(CultureInfo.InvariantCulture, $"broker-debug-{DateTime.UtcNow:yyyyMMdd-HHmmss}.tar.gz");
            await using var bundle = BundleFile.Create(path);
            await GatherAsync(context, bundle, parse.GetValue(metrics) ?? []);
            context.AnswerValue(new { File = path, Parts = bundle.Names }, console => console.WriteLine($"{path}: {string.Join(", ", bundle.Names)}"));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Each part by itself: what cannot be had is told in its place, since a bundle is wanted when something is broken.</summary>
    private static async Task GatherAsync(ClientContext context, BundleFile bundle, string[] metrics)
    {
        var cluster = context.Connection.Cluster;
        var deadline = DateTime.UtcNow + (2 * Patience);
        await bundle.AddAsync("about.txt", () => Task.FromResult(
            string.Create(CultureInfo.InvariantCulture, $"made {DateTime.UtcNow:O} against {context.Endpoint.Address} by broker {typeof(DebugCommand).Assembly.GetName().Version}\n")));
        await bundle.AddAsync("cluster.json", async () => JsonText.Of(
            await cluster.GetClusterStatusAsync(new GetClusterStatusRequest(), deadline: deadline, cancellationToken: context.Cancellation)));
        await bundle.AddAsync("streams.json", async () => JsonText.Of(
            await context.Connection.Streams.ListStreamsAsync(new ListStreamsRequest { Limit = 1_000 }, deadline: deadline, cancellationToken: context.Cancellation)));
        await bundle.AddAsync("health.txt", async () =>
            $"livez {await AskAsync(context, new Uri(context.Endpoint.Address, "/livez"))}\nreadyz {await AskAsync(context, new Uri(context.Endpoint.Address, "/readyz"))}\n");
        try
        {
            var answer = await cluster.GetDiagnosticsAsync(new GetDiagnosticsRequest(), deadline: deadline, cancellationToken: context.Cancellation);
            foreach (var process in answer.Processes)
            {
                await bundle.AddAsync($"processes/{process.ProcessId}/settings.txt", () => Lines(process.Settings));
                await bundle.AddAsync($"processes/{process.ProcessId}/runtime.txt", () => Lines(process.Runtime));
                await bundle.AddAsync($"processes/{process.ProcessId}/log.txt", () => Lines(process.LogLines));
            }
        }
        catch (RpcException exception)
        {
            await bundle.AddAsync("processes.txt", () => throw exception);
        }

        for (var i = 0; i < metrics.Length; i++)
        {
            var url = new Uri(metrics[i]);
            await bundle.AddAsync(
                string.Create(CultureInfo.InvariantCulture, $"metrics/{i}.txt"),
                async () => $"# {url}\n{await AskAsync(context, url.AbsolutePath == "/" ? new Uri(url, "/metrics") : url)}");
        }
    }

    private static Task<string> Lines(IEnumerable<string> lines) => Task.FromResult(string.Concat(lines.Select(static line => line + "\n")));

    /// <summary>An answer's text; its status, where it is not 200, before that.</summary>
    private static async Task<string> AskAsync(ClientContext context, Uri url)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = Patience };
        if (context.Endpoint.Authorities is { } authorities)
        {
            handler.SslOptions.CertificateChainPolicy = new() { TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust, RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        using var http = new HttpClient(handler) { Timeout = Patience };
        using var answer = await http.GetAsync(url, context.Cancellation);
        var text = (await answer.Content.ReadAsStringAsync(context.Cancellation)).TrimEnd();
        return answer.StatusCode == HttpStatusCode.OK ? text : string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {text}");
    }
}
