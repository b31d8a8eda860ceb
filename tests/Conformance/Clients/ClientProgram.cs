using System.Diagnostics;
using System.Text.Json;
using Broker.Tests.Conformance.Model;

namespace Broker.Tests.Conformance.Clients;

/// <summary>An unmodified AWS client and the program beside this file that drives a broker with it.</summary>
/// <param name="Name">As it is named in results.</param>
/// <param name="Title">As it is named in documents.</param>
/// <param name="Command">Executable and arguments, the settings follow.</param>
/// <param name="Probe">Executable and arguments that print the client's version, and fail when it is not installed.</param>
/// <param name="HasEveryOperation">Whether its model has every operation, so that one that it lacks is a fault.</param>
public sealed record ClientProgram(string Name, string Title, string[] Command, string[] Probe, bool HasEveryOperation)
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests/Conformance/Clients");
    private static readonly JsonSerializerOptions Lines = new(JsonSerializerDefaults.Web);
    private static readonly string JavaScriptVersion =
        $"const p = require('{Folder}/js/node_modules/@aws-sdk/client-kinesis/package.json'); console.log(p.name + '/' + p.version)";

    private readonly Lazy<(string? Version, string? Absence)> found = new(() => Find(Probe));

    public static IReadOnlyList<ClientProgram> All { get; } =
    [
        JavaScript("js-h2", "JavaScript v3, HTTP/2"),
        JavaScript("js-h1", "JavaScript v3, HTTP/1.1"),
        JavaScript("js-cbor", "JavaScript v3, rpc-v2-cbor"),
        new("boto3", "boto3", ["/usr/bin/python3", $"{Folder}/python/boto3_run.py"], ["/usr/bin/python3", "-c", "import boto3; print('boto3/' + boto3.__version__)"], false),
        new("cli", "AWS CLI v2", ["/usr/bin/python3", $"{Folder}/python/cli_run.py"], ["/usr/bin/aws", "--version"], false),
    ];

    /// <summary>Why it cannot run here; null when it can.</summary>
    public string? Absence => found.Value.Absence;

    /// <summary>Its name and version; null when it cannot run here.</summary>
    public string? Version => found.Value.Version;

    public static ClientProgram Named(string name) => All.Single(client => client.Name == name);

    /// <summary>The argument of the program.</summary>
    public string SettingsFor(Brokers brokers) => JsonSerializer.Serialize(new
    {
        client = Name,
        endpoint = brokers.Main.Endpoint,
        impatient = brokers.Impatient.Endpoint,
        locked = brokers.Locked.Endpoint,
        home = brokers.Home,
        aws = "/usr/bin/aws",
        region = ConformanceFixture.Region,
        account = ConformanceFixture.Account,
        accessKeyId = Credentials.Own.AccessKeyId,
        secretAccessKey = Credentials.Own.SecretAccessKey,
        guest = new { accessKeyId = Credentials.Guest.AccessKeyId, secretAccessKey = Credentials.Guest.SecretAccessKey },
        keys = Brokers.KeyErrors,
        operations = ServiceModel.Kinesis.Operations.Keys,
    });

    /// <summary>Runs the program to its end, at most three minutes.</summary>
    public async Task<ClientRun> RunAsync(string settings)
    {
        if (Absence is { } absent)
        {
            return new ClientRun(this, [], absent);
        }

        var start = new ProcessStartInfo(Command[0], [.. Command[1..], settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(Command[1])!,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var results = new List<ClientResult>();
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
            {
                results.Add(JsonSerializer.Deserialize<ClientResult>(line, Lines)!);
            }

            await process.WaitForExitAsync(timeout.Token);
            return new ClientRun(this, results, process.ExitCode == 0 ? null : $"{Title} ended with {process.ExitCode}: {await errors}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return new ClientRun(this, results, $"{Title} did not end within 3 minutes: {await errors}");
        }
    }

    private static ClientProgram JavaScript(string name, string title) =>
        new(name, title, ["node", $"{Folder}/js/run.mjs"], ["node", "-e", JavaScriptVersion], true);

    private static (string? Version, string? Absence) Find(string[] probe)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(probe[0], probe[1..])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var version = process.StandardOutput.ReadToEnd().Split(' ', '\n')[0];
            process.WaitForExit();
            return process.ExitCode == 0
                ? (version, null)
                : (null, $"`{string.Join(' ', probe)}` failed; scripts/test installs what is needed. {error.Result}");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return (null, $"{probe[0]} is missing: {exception.Message}.");
        }
    }
}
