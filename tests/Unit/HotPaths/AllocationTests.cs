using Broker.Micro;
using Xunit;

namespace Broker.Tests.Unit.HotPaths;

/// <summary>What bench/Micro times allocates nothing for a record; what it does for a batch is pinned.</summary>
public sealed class AllocationTests
{
    /// <summary>The list of a request's records, which grows by doubling to 512, each 64 bytes that point into the body (measured: 65,504 and 65,920).</summary>
    private const long MostOfRequest = 66 * 1024;

    /// <summary>A writer, whatever the page has (measured: 32).</summary>
    private const long MostOfAnswer = 64;

    [Fact]
    public void A_hash_allocates_nothing() => Demand(0, static path => path.Hash().Value == 0 ? 0 : 1, 1);

    [Fact]
    public void Gathering_a_block_allocates_nothing() => Demand(0, static path => path.GatherBlock() > HotPath.BlockRecords * 1024 ? 1 : 0, 1);

    [Fact]
    public void Reading_a_block_allocates_nothing() => Demand(0, static path => path.ReadBlock(), HotPath.BlockRecords * 1024);

    [Fact]
    public void Parsing_a_JSON_PutRecords_allocates_its_list_alone() => Demand(MostOfRequest, static path => path.ParseJson(), HotPath.RequestRecords);

    [Fact]
    public void Parsing_a_CBOR_PutRecords_allocates_its_list_alone() => Demand(MostOfRequest, static path => path.ParseCbor(), HotPath.RequestRecords);

    [Fact]
    public void Writing_a_JSON_answer_allocates_a_writer_alone() => Demand(MostOfAnswer, static path => path.WriteJson() > HotPath.BlockRecords * 1024 ? 1 : 0, 1);

    [Fact]
    public void Writing_a_CBOR_answer_allocates_a_writer_alone() => Demand(MostOfAnswer, static path => path.WriteCbor() > HotPath.BlockRecords * 1024 ? 1 : 0, 1);

    private static void Demand(long most, Func<HotPath, int> work, int result)
    {
        using var path = new HotPath();

        // What is made once, a rented array or a static, is made here.
        Assert.Equal(result, work(path));
        Assert.Equal(result, work(path));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var again = work(path);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(result, again);
        Assert.InRange(allocated, 0, most);
    }
}
