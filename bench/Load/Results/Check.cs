namespace Broker.Load.Results;

/// <summary>A value that has to keep a bound.</summary>
/// <param name="What">What it says.</param>
/// <param name="Value">As measured.</param>
/// <param name="Unit">"times" for ratios.</param>
/// <param name="Side">Which side of the bounds is good.</param>
/// <param name="Must">The bound; null where the value is only reported.</param>
/// <param name="Aim">What is wished for; null for nothing.</param>
internal sealed record Check(string What, double Value, string Unit, Bound Side, double? Must, double? Aim)
{
    /// <summary>Whether the bound holds; null where there is none.</summary>
    public bool? Holds => Meets(Must);

    /// <summary>Whether the aim is reached; null where there is none.</summary>
    public bool? Reaches => Meets(Aim);

    /// <summary>A figure in relation to another.</summary>
    public static Check Ratio(string what, Figure of, Figure to, Bound side, double? must, double? aim) =>
        new(what, of.Value / to.Value, "times", side, must, aim);

    private bool? Meets(double? bound) => bound is null ? null : Side == Bound.AtLeast ? Value >= bound : Value <= bound;
}
