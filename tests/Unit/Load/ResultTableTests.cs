using Broker.Load.Results;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class ResultTableTests
{
    [Fact]
    public void A_table_has_figures_with_their_durability_and_values_with_their_bounds() => Assert.Equal(
        """
        == sample: puts beside a peer
          broker  123,457  records/s  p99 ms 1.25  durable: synced
          peer      1,000  records/s               none: in memory
          broker ÷ peer  123  times  must at least 22.0, aim 35.0  holds, aim reached
          p99              7  ms     must at most 5, aim 2         MISSES
          cores          1.5  of 2   reported
          note: "a peer" is left out

        """,
        ResultTable.Write(LoadResults.Sample),
        ignoreLineEndingDifferences: true);
}
