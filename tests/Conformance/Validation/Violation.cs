using System.Text.RegularExpressions;

namespace Broker.Tests.Conformance.Validation;

/// <summary>One sentence that AWS's validation says of a request, with what in it cannot be foretold left open.</summary>
/// <param name="Path">The member, as AWS names it: <c>records.1.member.partitionKey</c>.</param>
/// <param name="Value">The value as AWS prints it between quotes; null for any, and <c>null</c> without quotes for an absent member.</param>
/// <param name="Constraint">What follows "failed to satisfy constraint: "; in an enum the values may come in any order.</param>
/// <param name="Enum">The values of an enum; null for another constraint.</param>
public sealed record Violation(string Path, string? Value, string Constraint, string[]? Enum = null)
{
    /// <summary>What an absent member is printed as.</summary>
    public const string Absent = "null";

    /// <summary>Characters of a value after which the broker cuts it: an answer must not be as large as what it refuses.</summary>
    private const int MostShown = 8 * 1024;

    /// <summary>A pattern of the whole sentence.</summary>
    public string Pattern
    {
        get
        {
            var value = Value switch
            {
                null => @"'[\s\S]*?'",
                Absent => "null",
                { Length: > MostShown } => $"'{Regex.Escape(Value[..MostShown])}\\.\\.\\.'",
                _ => $"'{Regex.Escape(Value)}'",
            };
            var enumeration = Enum is null ? "" : $@"\[(?:(?:{string.Join('|', Enum)})(?:, |(?=\]))){{{Enum.Length}}}\]";
            return $"Value {value} at '{Regex.Escape(Path)}' failed to satisfy constraint: "
                + Regex.Escape(Constraint).Replace(EnumMark, enumeration, StringComparison.Ordinal);
        }
    }

    /// <summary>Stands in <see cref="Constraint"/> for the list of the enum's values.</summary>
    public const string EnumMark = "<enum>";

    public override string ToString() => $"Value {Value ?? "…"} at '{Path}': {Constraint}";
}
