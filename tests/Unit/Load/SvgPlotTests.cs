using System.Globalization;
using System.Xml.Linq;
using Broker.Load.Plots;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class SvgPlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void A_plot_is_SVG_with_a_line_a_series_and_its_texts()
    {
        var drawing = XDocument.Parse(SvgPlot.Draw(LoadResults.Sample.Plots[0]).ToString()).Root!;
        Assert.Equal(Svg + "svg", drawing.Name);
        Assert.Equal(2, drawing.Elements(Svg + "polyline").Count());
        Assert.Equal(3, drawing.Elements(Svg + "circle").Count());
        var texts = drawing.Elements(Svg + "text").Select(static text => text.Value).ToList();
        Assert.Contains("A < B & \"C\"", texts);
        Assert.Contains("x<y", texts);
        Assert.Contains("records of a batch", texts);
        Assert.Equal(["1", "10", "100"], texts.Where(static text => text is "1" or "10" or "100").Distinct());
    }

    [Fact]
    public void Points_stand_in_proportion_on_both_axes()
    {
        var plot = new Plot("a.svg", "a", new Axis("x", IsLogarithmic: true), new Axis("y"), [new Line("l", [(1, 0), (10, 50), (100, 100)])]);
        var circles = SvgPlot.Draw(plot).Descendants(Svg + "circle").Select(static circle => (X: Number(circle, "cx"), Y: Number(circle, "cy"))).ToList();
        Assert.Equal(circles[1].X - circles[0].X, circles[2].X - circles[1].X, 0.2);
        Assert.Equal(circles[0].Y - circles[1].Y, circles[1].Y - circles[2].Y, 0.2);
        Assert.True(circles[0].X < circles[1].X && circles[0].Y > circles[1].Y, "Larger values stand further right and higher.");

        static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Every_point_stands_within_the_drawing()
    {
        var plot = new Plot("a.svg", "a", new Axis("x"), new Axis("y", IsLogarithmic: true), [new Line("l", [(0, 0.03), (7, 123), (3, 99999)])]);
        foreach (var circle in SvgPlot.Draw(plot).Descendants(Svg + "circle"))
        {
            Assert.InRange(double.Parse(circle.Attribute("cx")!.Value, CultureInfo.InvariantCulture), 0, 720);
            Assert.InRange(double.Parse(circle.Attribute("cy")!.Value, CultureInfo.InvariantCulture), 0, 400);
        }
    }

    [Fact]
    public void Without_points_there_is_no_plot() =>
        Assert.Throws<ArgumentException>(() => SvgPlot.Draw(new Plot("a.svg", "a", new Axis("x"), new Axis("y"), [])));
}
