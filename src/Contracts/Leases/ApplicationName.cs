using System.Text.RegularExpressions;

namespace Broker.Contracts.Leases;

/// <summary>The rules for the names of applications and of their workers.</summary>
public static partial class ApplicationName
{
    /// <summary>The rule for an application's name, for messages: DynamoDB's for tables, since at AWS it names the application's lease table.</summary>
    public const string Rule = "3 to 255 characters of [a-zA-Z0-9_.-]";

    /// <summary>The rule for a worker's id, for messages.</summary>
    public const string WorkerRule = "1 to 128 characters of [a-zA-Z0-9_.:-]";

    public static bool IsValid(string name) => NamePattern.IsMatch(name);

    public static bool IsValidWorker(string worker) => WorkerPattern.IsMatch(worker);

    [GeneratedRegex(@"\A[a-zA-Z0-9_.-]{3,255}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern { get; }

    [GeneratedRegex(@"\A[a-zA-Z0-9_.:-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex WorkerPattern { get; }
}
