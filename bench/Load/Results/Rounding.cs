using System.Globalization;

namespace Broker.Load.Results;

/// <summary>How figures are rounded and written: no more digits than turns agree on.</summary>
internal static class Rounding
{
    /// <summary>Four significant digits; what is no number (a division by nothing) becomes -1, for JSON knows none.</summary>
    public static double ToFour(double value) =>
        !double.IsFinite(value) ? -1 : value == 0 ? 0 : double.Parse(value.ToString("E3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>For people: thousands are grouped, small numbers keep two digits after the point.</summary>
    public static string Text(double value) => !double.IsFinite(value) ? "-" : value.ToString(
        Math.Abs(value) switch { >= 100 => "N0", >= 10 => "N1", _ => "0.##" }, CultureInfo.InvariantCulture);
}
