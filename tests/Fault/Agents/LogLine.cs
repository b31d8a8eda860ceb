using System.Globalization;

namespace Broker.Tests.Fault.Agents;

/// <summary>A line that tells when it is torn: its number, and a filling that follows from it.</summary>
public static class LogLine
{
    private const string Filling = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";

    public static string Of(long number) =>
        string.Create(CultureInfo.InvariantCulture, $"line {number} {Filling[..(int)(number * 31 % Filling.Length)]} end {number}\n");

    /// <summary>The line's number; null when it is not whole.</summary>
    public static long? NumberOf(string line)
    {
        var parts = line.Split(' ');
        return parts.Length > 1 && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var number) && line == Of(number) ? number : null;
    }
}
