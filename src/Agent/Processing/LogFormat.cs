using System.Text.RegularExpressions;

namespace Broker.Agent.Processing;

/// <summary>A format of log lines that is known by name.</summary>
/// <param name="Pattern">What a line is, a group for each field.</param>
/// <param name="Fields">The fields' names.</param>
/// <param name="DashIsNull">Whether a lone dash stands for nothing.</param>
internal sealed partial record LogFormat(Regex Pattern, IReadOnlyList<string> Fields, bool DashIsNull)
{
    private const int MatchMilliseconds = 1_000;
    private static readonly string[] CommonFields = ["host", "ident", "authuser", "datetime", "request", "response", "bytes"];
    private static readonly string[] SyslogFields = ["timestamp", "hostname", "program", "processid", "message"];

    /// <summary>The formats by the names that AWS's agent gives them.</summary>
    public static IReadOnlyDictionary<string, LogFormat> All { get; } = new Dictionary<string, LogFormat>(StringComparer.Ordinal)
    {
        ["COMMONAPACHELOG"] = new(CommonApache(), CommonFields, DashIsNull: true),
        ["COMBINEDAPACHELOG"] = new(CombinedApache(), [.. CommonFields, "referer", "agent"], DashIsNull: true),
        ["APACHEERRORLOG"] = new(ApacheError(), ["timestamp", "module", "severity", "processid", "threadid", "client", "message"], DashIsNull: true),
        ["SYSLOG"] = new(Syslog(), SyslogFields, DashIsNull: false),
        ["RFC3339SYSLOG"] = new(Rfc3339Syslog(), SyslogFields, DashIsNull: false),
    };

    [GeneratedRegex("""\A(\S+) (\S+) (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (-|[+-]?[0-9]+) (-|[+-]?[0-9]+).*\z""", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex CommonApache();

    [GeneratedRegex("""\A(\S+) (\S+) (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (-|[+-]?[0-9]+) (-|[+-]?[0-9]+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)".*\z""", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex CombinedApache();

    [GeneratedRegex(@"\A\[([A-Za-z]+\s+[A-Za-z]+\s+[0-9]{1,2}\s+[0-9:.,]+\s+[0-9]+)\] \[(?:([0-9A-Za-z_]*):)?([0-9A-Za-z_]+)\] \[pid ([0-9]+)(?::tid ([0-9]+))?\] (?:\[client ([^\]]+)\] )?(.*)\z", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex ApacheError();

    [GeneratedRegex(@"\A([A-Z][a-z]{2,8}\s+[0-9]{1,2}\s+[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[:.,][0-9]+)?) (?:<[0-9]+\.[0-9]+> )?(\S+) ([^\s:\[]+)(?:\[([0-9]+)\])?: (.*)\z", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex Syslog();

    [GeneratedRegex(@"\A([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})) (?:<[0-9]+\.[0-9]+> )?(\S+) ([^\s:\[]+)(?:\[([0-9]+)\])?: (.*)\z", RegexOptions.CultureInvariant, MatchMilliseconds)]
    private static partial Regex Rfc3339Syslog();
}
