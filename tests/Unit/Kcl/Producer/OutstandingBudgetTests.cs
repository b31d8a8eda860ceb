using Broker.Kcl.Producer;
using Xunit;

namespace Broker.Tests.Unit.Kcl.Producer;

public sealed class OutstandingBudgetTests
{
    [Fact]
    public async Task Those_who_wait_go_on_in_their_order_however_many_have_room_at_once()
    {
        const int together = 8, count = 4_000;
        var budget = new OutstandingBudget(long.MaxValue >> 30, together);
        for (var i = 0; i < together; i++)
        {
            Assert.True(budget.TryTake(1));
        }

        var order = new List<int>();
        var waits = Enumerable.Range(0, count).Select(WaitAsync).ToArray();
        Assert.False(budget.TryTake(1));
        for (var i = 0; i <= count; i += together)
        {
            // All of those before have gone on, so that as many have room at once.
            await Task.WhenAll(waits[..i]).WaitAsync(TimeSpan.FromSeconds(30));
            budget.Release(together, together);
        }

        Assert.Equal(Enumerable.Range(0, count), order);
        Assert.Equal(0, budget.Records);

        async Task WaitAsync(int number)
        {
            await budget.TakeAsync(1, default).ConfigureAwait(false);
            lock (order)
            {
                order.Add(number);
            }
        }
    }
}
