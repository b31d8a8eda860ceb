namespace Broker.Load.Plots;

/// <summary>A named line through points, from left to right.</summary>
internal sealed record Line(string Name, IReadOnlyList<(double X, double Y)> Points);
