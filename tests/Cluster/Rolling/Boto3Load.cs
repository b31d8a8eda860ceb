using System.Diagnostics;
using System.Text.Json;

namespace Broker.Tests.Cluster.Rolling;

/// <summary>boto3, as users have it, putting and reading through the balancer with its default attempts.</summary>
internal sealed class Boto3Load : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly Process process;
    private readonly Task<string> output;
    private readonly Task<string> fault;

    public Boto3Load(Uri endpoint, string stream)
    {
        var start = new ProcessStartInfo(Python, [Path.Combine(AppContext.BaseDirectory, "Rolling", "boto3_load.py"), endpoint.ToString(), stream])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        process = Process.Start(start)!;
        output = process.StandardOutput.ReadToEndAsync();
        fault = process.StandardError.ReadToEndAsync();
    }

    /// <summary>What is missing to run it; null where nothing is.</summary>
    public static string? Absence { get; } = FindAbsence();

    /// <summary>Ends it, and tells what it has to say.</summary>
    public async Task<(string[] Errors, int Put, int Refused, int Read, double? P99Milliseconds)> EndAsync()
    {
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"boto3_load.py ended with {process.ExitCode}: {await fault}");
        }

        using var said = JsonDocument.Parse(await output);
        var root = said.RootElement;
        return (
            [.. root.GetProperty("errors").EnumerateArray().Select(error => error.GetString()!)],
            root.GetProperty("put").GetInt32(), root.GetProperty("refused").GetInt32(), root.GetProperty("read").GetInt32(),
            root.GetProperty("p99").ValueKind == JsonValueKind.Null ? null : root.GetProperty("p99").GetDouble());
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private static string? FindAbsence()
    {
        if (!File.Exists(Python))
        {
            return $"{Python} is missing.";
        }

        using var probe = Process.Start(new ProcessStartInfo(Python, ["-c", "import boto3"]) { RedirectStandardError = true })!;
        probe.WaitForExit();
        return probe.ExitCode == 0 ? null : "boto3 is missing (Debian: apt-get install python3-boto3).";
    }
}
