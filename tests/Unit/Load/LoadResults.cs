using Broker.Load.Plots;
using Broker.Load.Results;

namespace Broker.Tests.Unit.Load;

/// <summary>A result as a scenario gives it.</summary>
internal static class LoadResults
{
    public static ScenarioResult Sample { get; } = new(
        "sample",
        "puts beside a peer",
        [
            new Figure("broker", "durable: synced", "records/s", 123456.7, [123456.7, 1, 200000], new Dictionary<string, double> { ["p99 ms"] = 1.25 }),
            new Figure("peer", "none: in memory", "records/s", 1000, [1000], new Dictionary<string, double>()),
        ],
        [
            new Check("broker ÷ peer", 123.4567, "times", Bound.AtLeast, 22, 35),
            new Check("p99", 7, "ms", Bound.AtMost, 5, 2),
            new Check("cores", 1.5, "of 2", Bound.AtMost, null, null),
        ],
        ["\"a peer\" is left out"],
        [new Plot("sample.svg", "A < B & \"C\"", new Axis("records of a batch", IsLogarithmic: true), new Axis("records/s"), [new Line("x<y", [(1, 10), (100, 20)]), new Line("z", [(10, 5)])])]);
}
