namespace Broker.Load.Plots;

/// <summary>A drawing of lines.</summary>
/// <param name="FileName">Without directory, ends in .svg.</param>
/// <param name="Title">Above it.</param>
/// <param name="X">The axis below.</param>
/// <param name="Y">The axis at the left.</param>
/// <param name="Lines">One or more.</param>
internal sealed record Plot(string FileName, string Title, Axis X, Axis Y, IReadOnlyList<Line> Lines);
