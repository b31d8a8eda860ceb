namespace Broker.Tests.Conformance.Clients;

/// <summary>What one client found.</summary>
/// <param name="Client">Its program.</param>
/// <param name="Results">Its checks; empty when it did not run.</param>
/// <param name="Fault">Why it did not run or ended early; null for a complete run.</param>
public sealed record ClientRun(ClientProgram Client, IReadOnlyList<ClientResult> Results, string? Fault)
{
    public IEnumerable<ClientResult> Of(string subject) => Results.Where(result => result.Subject == subject);

    /// <summary>One word for a cell of the table.</summary>
    public string Verdict(string subject)
    {
        var results = Of(subject).ToList();
        return results.Count == 0 ? "untested"
            : results.Exists(result => result.Result == "failed") ? "fails"
            : results.Exists(result => result.Result == "ok") ? "works"
            : "not in the client";
    }
}
