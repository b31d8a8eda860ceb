using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Broker.Contracts.Streams;

/// <summary>A stream's name: 1 to 128 characters of <c>[a-zA-Z0-9_.-]</c> (AWS, CreateStream). Names are compared by case.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.StreamName")]
public readonly partial record struct StreamName
{
    private StreamName(string value) => Value = value;

    [Id(0)]
    public string Value { get; init; }

    public static bool TryParse([NotNullWhen(true)] string? text, out StreamName name)
    {
        name = default;
        if (text is null || !IsValid(text))
        {
            return false;
        }

        name = new StreamName(text);
        return true;
    }

    /// <exception cref="FormatException">The text is not a stream name.</exception>
    public static StreamName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException($"'{text}' is not a stream name: 1 to 128 characters of [a-zA-Z0-9_.-].");

    /// <summary>The same rule holds for consumer names.</summary>
    public static bool IsValid(string text) => NamePattern.IsMatch(text);

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[a-zA-Z0-9_.-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern { get; }
}
