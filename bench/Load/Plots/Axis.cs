namespace Broker.Load.Plots;

/// <summary>An axis.</summary>
/// <param name="Label">What it tells, with the unit.</param>
/// <param name="IsLogarithmic">Whether equal steps are equal factors; then all values are above 0. Otherwise the axis begins at 0.</param>
/// <param name="Marks">Where values are written; null to choose. Their text is <paramref name="MarkText"/>'s.</param>
/// <param name="MarkText">Writes a value; null for plain numbers.</param>
internal sealed record Axis(string Label, bool IsLogarithmic = false, IReadOnlyList<double>? Marks = null, Func<double, string>? MarkText = null);
