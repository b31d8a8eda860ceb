using Broker.Contracts.Limits;
using Broker.Gateway.Grpc.Records;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class BatchWindowTests
{
    [Fact]
    public async Task A_batch_waits_while_one_of_a_whole_window_before_it_is_unanswered()
    {
        var window = new BatchWindow();
        for (ulong number = 1; number <= ProducerLimits.WindowBatches; number++)
        {
            Assert.True(window.EnterAsync(number, default).AsTask().IsCompleted);
        }

        for (ulong number = 2; number <= ProducerLimits.WindowBatches; number++)
        {
            window.Leave(number);
        }

        var next = window.EnterAsync(1 + ProducerLimits.WindowBatches, default).AsTask();
        Assert.False(next.IsCompleted);
        window.Leave(1);
        await next;

        using var gone = new CancellationTokenSource();
        var given = window.EnterAsync(1 + (2 * ProducerLimits.WindowBatches), gone.Token).AsTask();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
    }

    [Fact]
    public void A_batch_that_is_sent_again_never_waits()
    {
        var window = new BatchWindow();
        Assert.True(window.EnterAsync(5_000, default).AsTask().IsCompleted);
        Assert.True(window.EnterAsync(5, default).AsTask().IsCompleted);
        Assert.True(window.EnterAsync(5, default).AsTask().IsCompleted);
    }
}
