using System.Collections.Concurrent;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

public sealed class CoalescerTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider time = new();
    private readonly BlockingCollection<Batch> batches = [];

    [Fact]
    public async Task What_is_asked_while_a_batch_is_on_its_way_makes_the_next_up_to_the_bound()
    {
        var coalescer = Make(maxAsks: 3);
        var first = AskAsync(coalescer, 0);
        var held = Next();
        var others = Enumerable.Range(1, 4).Select(i => AskAsync(coalescer, i)).ToArray();
        Assert.Empty(batches);
        held.Finish();
        Assert.Equal("0", await first);
        foreach (var expected in new int[][] { [1, 2, 3], [4] })
        {
            var batch = Next();
            Assert.Equal(expected, batch.Asks);
            batch.Finish();
        }

        Assert.Equal(["1", "2", "3", "4"], await Task.WhenAll(others));
    }

    [Fact]
    public async Task A_batch_that_fails_fails_its_own_asks_alone()
    {
        var coalescer = Make(maxAsks: 10);
        var first = AskAsync(coalescer, 0);
        var held = Next();
        var second = AskAsync(coalescer, 1);
        held.Fail(new StorageException(StorageFault.DiskFull, "planted"));
        Assert.Equal(StorageFault.DiskFull, (await Assert.ThrowsAsync<StorageException>(() => first)).Fault);
        Next().Finish();
        Assert.Equal("1", await second);
    }

    [Fact]
    public async Task A_batch_that_hangs_holds_up_nobody_behind_it_for_long()
    {
        var coalescer = Make(maxAsks: 10);
        var first = AskAsync(coalescer, 0);
        var hung = Next();
        var second = AskAsync(coalescer, 1);
        var next = NextAfterTime();
        Assert.Equal([1], next.Asks);
        next.Finish();
        Assert.Equal("1", await second);
        Assert.False(first.IsCompleted);

        // It counts as late until it is back; then one flight alone goes on.
        var third = AskAsync(coalescer, 2);
        var busy = Next();
        hung.Finish();
        Assert.Equal("0", await first);
        var fourth = AskAsync(coalescer, 3);
        Assert.Empty(batches);
        busy.Finish();
        Next().Finish();
        Assert.Equal(["2", "3"], await Task.WhenAll(third, fourth));
    }

    [Fact]
    public async Task A_caller_that_gave_up_is_not_asked_for_any_more()
    {
        var coalescer = Make(maxAsks: 10);
        var first = AskAsync(coalescer, 0);
        var held = Next();
        using var cancellation = new CancellationTokenSource();
        var second = coalescer.AskAsync(1, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        var third = AskAsync(coalescer, 2);
        held.Finish();
        var next = Next();
        Assert.Equal([2], next.Asks);
        next.Finish();
        Assert.Equal(["0", "2"], await Task.WhenAll(first, third));
    }

    [Fact]
    public async Task A_caller_waits_no_longer_than_the_timeout()
    {
        var coalescer = Make(maxAsks: 10);
        var first = AskAsync(coalescer, 0);
        Next();
        time.Advance(Timeout);
        Assert.Equal(StorageFault.Device, (await Assert.ThrowsAsync<StorageException>(() => first)).Fault);
    }

    private Coalescer<int, string> Make(int maxAsks) => new(
        asks =>
        {
            var batch = new Batch(asks);
            batches.Add(batch);
            return batch.Task;
        },
        maxAsks,
        Timeout,
        time);

    private static Task<string> AskAsync(Coalescer<int, string> coalescer, int ask) => coalescer.AskAsync(ask, default).AsTask();

    private Batch Next() => batches.Take();

    /// <summary>The batch that begins when the one under way is late.</summary>
    private Batch NextAfterTime()
    {
        Batch? next;
        while (!batches.TryTake(out next))
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
        }

        return next;
    }

    private sealed class Batch(IReadOnlyList<int> asks) : TaskCompletionSource<IReadOnlyList<string>>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public IReadOnlyList<int> Asks { get; } = asks;

        public void Finish() => SetResult([.. Asks.Select(ask => $"{ask}")]);

        public void Fail(Exception exception) => SetException(exception);
    }
}
