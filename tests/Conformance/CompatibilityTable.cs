using System.Text;
using Broker.Tests.Conformance.Clients;

namespace Broker.Tests.Conformance;

/// <summary>docs/aws-compatibility.md, written from a run of the clients.</summary>
public static class CompatibilityTable
{
    /// <summary>The environment variable that asks for it: the path to write to.</summary>
    public const string Variable = "BROKER_COMPATIBILITY";

    /// <summary>The document of a run.</summary>
    public static string Of(IReadOnlyList<ClientRun> runs)
    {
        var text = new StringBuilder();
        text.AppendLine("# AWS compatibility");
        text.AppendLine();
        text.AppendLine("Written by `scripts/compatibility` from a run of tests/Conformance: unmodified clients against the running broker. **works**: the");
        text.AppendLine("documented result, read back through another operation. **not in the client**: the client's own model has no such operation.");
        text.AppendLine("**untested**: no run of ours shows it. A client that is not a column here is untested.");
        text.AppendLine();
        text.AppendLine($"Clients of that run: {string.Join(", ", runs.Where(run => run.Results.Count > 0).Select(run => run.Client.Version).Distinct())}.");
        Append(text, "Operations", Subjects.Operations, runs);
        Append(text, "Errors and behaviours", Subjects.Others, runs);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string title, IEnumerable<string> subjects, IReadOnlyList<ClientRun> runs)
    {
        text.AppendLine().Append("## ").AppendLine(title).AppendLine();
        text.Append("| |").AppendJoin("|", runs.Select(run => $" {run.Client.Title} ")).AppendLine("|");
        text.Append("|---|").AppendJoin("|", runs.Select(_ => "---")).AppendLine("|");
        foreach (var subject in subjects)
        {
            text.Append("| ").Append(subject).Append(" |").AppendJoin("|", runs.Select(run => $" {run.Verdict(subject)} ")).AppendLine("|");
        }
    }
}
