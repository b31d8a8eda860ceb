namespace Broker.Load.Plots;

/// <summary>Maps an axis' values to pixels.</summary>
internal sealed class Scale
{
    private readonly bool isLogarithmic;
    private readonly double low;
    private readonly double high;
    private readonly double from;
    private readonly double to;

    /// <param name="axis">The axis.</param>
    /// <param name="values">All that has to fit.</param>
    /// <param name="from">The pixel of its beginning.</param>
    /// <param name="to">The pixel of its end.</param>
    public Scale(Axis axis, IReadOnlyCollection<double> values, double from, double to)
    {
        isLogarithmic = axis.IsLogarithmic;
        var all = values.Concat(axis.Marks ?? []).Where(value => !isLogarithmic || value > 0).DefaultIfEmpty(1).ToList();
        if (isLogarithmic)
        {
            low = Math.Pow(10, Math.Floor(Math.Log10(all.Min())));
            high = Math.Max(Math.Pow(10, Math.Ceiling(Math.Log10(all.Max()))), low * 10);
            if (axis.Marks is not null)
            {
                (low, high) = (all.Min(), Math.Max(all.Max(), all.Min() * 10));
            }
        }
        else
        {
            low = 0;
            high = axis.Marks is null ? Step(all.Max()) * Math.Ceiling(all.Max() / Step(all.Max())) : all.Max();
            high = high <= 0 ? 1 : high;
        }

        (this.from, this.to) = (from, to);
        Marks = axis.Marks ?? (isLogarithmic ? [.. Decades(low, high)] : [.. Steps(high)]);
    }

    public IReadOnlyList<double> Marks { get; }

    public double Pixel(double value)
    {
        var share = isLogarithmic ? Math.Log(Math.Max(value, low) / low) / Math.Log(high / low) : (value - low) / (high - low);
        return from + (share * (to - from));
    }

    private static IEnumerable<double> Decades(double low, double high)
    {
        for (var mark = low; mark <= high * 1.001; mark *= 10)
        {
            yield return mark;
        }
    }

    private static IEnumerable<double> Steps(double high)
    {
        var step = Step(high);
        for (var i = 0; i * step <= high * 1.001; i++)
        {
            yield return i * step;
        }
    }

    /// <summary>1, 2 or 5 times a power of ten, of which four to ten make the whole.</summary>
    private static double Step(double high)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(high, double.Epsilon) / 4)));
        return (high / 4 / power) switch { >= 5 => 5 * power, >= 2 => 2 * power, _ => power };
    }
}
