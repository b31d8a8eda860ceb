using System.Globalization;
using System.Xml.Linq;

namespace Broker.Load.Plots;

/// <summary>Draws a plot as SVG, for a light page or a dark one alike.</summary>
internal static class SvgPlot
{
    private const int Width = 720;
    private const int Height = 400;
    private const int Left = 84;
    private const int Right = 16;
    private const int Top = 40;
    private const int Bottom = 56;
    private const int LegendLine = 17;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly string[] Colours = ["#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f"];

    /// <exception cref="ArgumentException">There is no point to draw.</exception>
    public static XDocument Draw(Plot plot)
    {
        var points = plot.Lines.SelectMany(static line => line.Points).ToList();
        if (points.Count == 0)
        {
            throw new ArgumentException($"{plot.FileName} has no points.", nameof(plot));
        }

        var bottom = Height - Bottom;
        var x = new Scale(plot.X, [.. points.Select(static point => point.X)], Left, Width - Right);
        var y = new Scale(plot.Y, [.. points.Select(static point => point.Y)], bottom, Top);
        var drawing = Element("svg", ("viewBox", $"0 0 {Width} {Height}"), ("width", Width), ("height", Height), ("font-family", "sans-serif"), ("font-size", 12));
        drawing.Add(Element("rect", ("width", Width), ("height", Height), ("fill", "#ffffff")));
        drawing.Add(Text(plot.Title, Width / 2, 22, "middle", ("font-size", 15)));
        foreach (var mark in x.Marks)
        {
            drawing.Add(Element("line", ("x1", x.Pixel(mark)), ("x2", x.Pixel(mark)), ("y1", Top), ("y2", bottom), ("stroke", "#dddddd")));
            drawing.Add(Text(Mark(plot.X, mark), x.Pixel(mark), bottom + 18, "middle"));
        }

        foreach (var mark in y.Marks)
        {
            drawing.Add(Element("line", ("x1", Left), ("x2", Width - Right), ("y1", y.Pixel(mark)), ("y2", y.Pixel(mark)), ("stroke", "#dddddd")));
            drawing.Add(Text(Mark(plot.Y, mark), Left - 8, y.Pixel(mark) + 4, "end"));
        }

        drawing.Add(Text(plot.X.Label, (Left + Width - Right) / 2, Height - 14, "middle"));
        drawing.Add(Text(plot.Y.Label, 18, (Top + bottom) / 2, "middle", ("transform", $"rotate(-90 18 {(Top + bottom) / 2})")));
        for (var i = 0; i < plot.Lines.Count; i++)
        {
            var colour = Colours[i % Colours.Length];
            var line = plot.Lines[i];
            drawing.Add(Element(
                "polyline",
                ("fill", "none"),
                ("stroke", colour),
                ("stroke-width", 2),
                ("points", string.Join(' ', line.Points.Select(point => $"{Number(x.Pixel(point.X))},{Number(y.Pixel(point.Y))}")))));
            foreach (var point in line.Points)
            {
                drawing.Add(Element("circle", ("cx", x.Pixel(point.X)), ("cy", y.Pixel(point.Y)), ("r", 3), ("fill", colour)));
            }

            drawing.Add(Element("rect", ("x", Left + 10), ("y", Top + 8 + (i * LegendLine)), ("width", 14), ("height", 4), ("fill", colour)));
            drawing.Add(Text(line.Name, Left + 30, Top + 14 + (i * LegendLine), "start"));
        }

        return new XDocument(drawing);
    }

    private static string Mark(Axis axis, double value) => axis.MarkText?.Invoke(value) ?? value.ToString(value >= 1000 ? "N0" : "0.###", CultureInfo.InvariantCulture);

    private static XElement Text(string text, double x, double y, string anchor, params (string Name, object Value)[] more)
    {
        var element = Element("text", [("x", x), ("y", y), ("text-anchor", anchor), ("fill", "#222222"), .. more]);
        element.Value = text;
        return element;
    }

    private static XElement Element(string name, params (string Name, object Value)[] attributes) => new(
        Svg + name, attributes.Select(static attribute => new XAttribute(attribute.Name, attribute.Value is double number ? Number(number) : attribute.Value)));

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
