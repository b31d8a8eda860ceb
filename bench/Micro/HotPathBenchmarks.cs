using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Broker.Micro;

/// <summary>Times of <see cref="HotPath"/>, a block of 62 records or a request of 500 each, with what they allocate.</summary>
[Config(typeof(Short))]
[MemoryDiagnoser]
public class HotPathBenchmarks
{
    private HotPath path = null!;

    [GlobalSetup]
    public void Setup() => path = new HotPath();

    [GlobalCleanup]
    public void Cleanup() => path.Dispose();

    [Benchmark]
    public ulong Hash() => (ulong)path.Hash().Value;

    [Benchmark]
    public int GatherBlock() => path.GatherBlock();

    [Benchmark]
    public int ReadBlock() => path.ReadBlock();

    [Benchmark]
    public int ParseJson() => path.ParseJson();

    [Benchmark]
    public int ParseCbor() => path.ParseCbor();

    [Benchmark]
    public int WriteJson() => path.WriteJson();

    [Benchmark]
    public int WriteCbor() => path.WriteCbor();

    private sealed class Short : ManualConfig
    {
        public Short()
        {
            ArtifactsPath = Path.Combine("artifacts", "micro");
            AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        }
    }
}
