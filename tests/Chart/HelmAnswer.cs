namespace Broker.Tests.Chart;

/// <summary>What Helm said.</summary>
/// <param name="ExitCode">0 where it was content.</param>
/// <param name="Output">Manifests, or a report.</param>
/// <param name="Fault">What was wrong.</param>
internal sealed record HelmAnswer(int ExitCode, string Output, string Fault)
{
    /// <summary>The output of a run that went well.</summary>
    public string Text => ExitCode == 0 ? Output : throw new InvalidOperationException($"helm ended with {ExitCode}: {Fault}{Output}");
}
