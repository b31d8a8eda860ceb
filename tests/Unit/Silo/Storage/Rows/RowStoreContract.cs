using System.Diagnostics;
using System.Globalization;
using System.Text;
using Broker.Silo.Storage.Rows;
using Broker.Tests.Harness.Postgres;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Rows;

/// <summary>What every store of rows holds to, whatever keeps them.</summary>
public abstract class RowStoreContract
{
    protected abstract IRowStore Rows { get; }

    /// <summary>Another store over the same rows, as after a restart.</summary>
    protected abstract Task ReopenAsync();

    [ContractFact]
    public async Task WritesAreConditionalAndAtomic()
    {
        var (a, b) = (new RowKey("p", "a"), new RowKey("p", "b"));
        await WriteAsync(new RowWrite(a, Bytes("1"), 0), new RowWrite(b, Bytes("1"), null));
        var conflict = await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(b, Bytes("2"), 1), new RowWrite(a, Bytes("2"), 7)));
        Assert.Equal(a, conflict.Key);
        await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(a, Bytes("2"), 0)));
        await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(a, null, 0)));
        await Assert.ThrowsAsync<RowConflictException>(() => WriteAsync(new RowWrite(a, null, 9)));
        Assert.Equal(("1", 1L), await ReadAsync(b));

        await WriteAsync(new RowWrite(a, Bytes("2"), 1), new RowWrite(b, Bytes("2"), null));
        Assert.Equal(("2", 2L), await ReadAsync(a));
        Assert.Equal(("2", 2L), await ReadAsync(b));
        await WriteAsync(new RowWrite(a, null, 2), new RowWrite(new RowKey("p", "none"), null, null), new RowWrite(new RowKey("p", "none"), null, 0));
        Assert.Null(await Rows.GetAsync(a, CancellationToken.None));
    }

    [ContractFact]
    public async Task PartitionsAreListedInKeyOrderAPageAtATime()
    {
        await WriteAsync([.. new[] { "b", "a", "B", "c" }.Select(key => new RowWrite(new RowKey("p", key), Bytes(key), 0))]);
        await WriteAsync(new RowWrite(new RowKey("q", "a"), Bytes("x"), 0));
        Assert.Equal(["B", "a"], (await Rows.ListAsync("p", null, 2, CancellationToken.None)).Select(row => row.Key.Key));
        Assert.Equal(["b", "c"], (await Rows.ListAsync("p", "a", 9, CancellationToken.None)).Select(row => row.Key.Key));
    }

    [ContractFact]
    public async Task TenThousandRowsAreOneWriteAndOutliveTheProcess()
    {
        var clock = Stopwatch.StartNew();
        await WriteAsync([.. Enumerable.Range(0, 10_000).Select(i => new RowWrite(new RowKey("p", i.ToString("D5", CultureInfo.InvariantCulture)), new byte[100], 0))]);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
        await ReopenAsync();
        Assert.Equal(10_000, (await Rows.ListAsync("p", null, 20_000, CancellationToken.None)).Count);
    }

    [ContractFact]
    public async Task ManyCallersAtOnceAreServedOneAfterTheOther()
    {
        var key = new RowKey("p", "counter");
        await WriteAsync(new RowWrite(key, Bytes("0"), 0));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            while (true)
            {
                var (value, version) = (await ReadAsync(key))!.Value;
                try
                {
                    await WriteAsync(new RowWrite(key, Bytes((int.Parse(value, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture)), version));
                    return;
                }
                catch (RowConflictException)
                {
                    await Task.Yield();
                }
            }
        }));
        Assert.Equal(("20", 21L), await ReadAsync(key));
    }

    [ContractFact]
    public async Task OneOfTwoWritersOfTheSameRowsWins()
    {
        var keys = Enumerable.Range(0, 8).Select(i => new RowKey("race", i.ToString(CultureInfo.InvariantCulture))).ToArray();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 12).Select(async writer =>
        {
            try
            {
                var order = writer % 2 == 0 ? keys : [.. keys.Reverse()];
                await WriteAsync([.. order.Select(key => new RowWrite(key, Bytes($"{writer}"), 0))]);
                return true;
            }
            catch (RowConflictException)
            {
                return false;
            }
        }));
        Assert.Single(outcomes, won => won);
        Assert.Single((await Rows.ListAsync("race", null, 99, CancellationToken.None)).Select(row => Encoding.UTF8.GetString(row.Value.Span)).Distinct());
    }

    protected Task WriteAsync(params RowWrite[] writes) => Rows.WriteAsync(writes, CancellationToken.None).AsTask();

    protected async Task<(string Value, long Version)?> ReadAsync(RowKey key) =>
        await Rows.GetAsync(key, CancellationToken.None) is { } row ? (Encoding.UTF8.GetString(row.Value.Span), row.Version) : null;

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
