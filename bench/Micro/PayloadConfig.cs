using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Broker.Micro;

/// <summary>A short run in this process, with allocations, MB/s and the ratio.</summary>
internal sealed class PayloadConfig : ManualConfig
{
    private const double PayloadBytes = 62 * (1024 + 5 + 7);

    public PayloadConfig()
    {
        ArtifactsPath = Path.Combine("artifacts", "micro");
        AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumn(
            new Column("MB/s", (summary, benchmark) => summary[benchmark]?.ResultStatistics is { Mean: > 100 } some ? PayloadBytes / some.Mean * 1000 : double.NaN, "F0"),
            new Column("times smaller", static (_, benchmark) => PayloadCompressionBenchmarks.RatioOf((string)benchmark.Parameters["Kind"]), "F1"));
    }

    private sealed class Column(string name, Func<Summary, BenchmarkCase, double> value, string format) : IColumn
    {
        public string Id => name;

        public string ColumnName => name;

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => name;

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
            value(summary, benchmarkCase) is var number && double.IsFinite(number) ? number.ToString(format, CultureInfo.InvariantCulture) : "-";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    }
}
