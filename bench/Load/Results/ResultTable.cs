using System.Text;

namespace Broker.Load.Results;

/// <summary>A scenario's result for people: figures with their durability, then what follows beside the bounds.</summary>
internal static class ResultTable
{
    public static string Write(ScenarioResult result)
    {
        var text = new StringBuilder();
        text.Append("== ").Append(result.Scenario).Append(": ").AppendLine(result.Title);
        Rows(text, [.. result.Figures.Select(static figure => (string[])
        [
            figure.System,
            Rounding.Text(figure.Value),
            figure.Unit,
            string.Join(", ", figure.Details.Select(static detail => $"{detail.Key} {Rounding.Text(detail.Value)}")),
            figure.Durability,
        ])]);
        Rows(text, [.. result.Checks.Select(static check => (string[])
        [
            check.What,
            Rounding.Text(check.Value),
            check.Unit,
            check.Must is { } must ? $"must {Side(check.Side)} {Rounding.Text(must)}{(check.Aim is { } aim ? $", aim {Rounding.Text(aim)}" : "")}" : "reported",
            check.Holds switch { true => check.Reaches == true ? "holds, aim reached" : "holds", false => "MISSES", null => "" },
        ])]);
        foreach (var note in result.Notes)
        {
            text.Append("  note: ").AppendLine(note);
        }

        return text.ToString();
    }

    private static string Side(Bound side) => side == Bound.AtLeast ? "at least" : "at most";

    /// <summary>Columns as wide as their widest cell; the second, a number, is flush right.</summary>
    private static void Rows(StringBuilder text, string[][] rows)
    {
        if (rows.Length == 0)
        {
            return;
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            var cells = row.Select((cell, column) => column == 1 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            text.Append("  ").AppendLine(string.Join("  ", cells).TrimEnd());
        }
    }
}
