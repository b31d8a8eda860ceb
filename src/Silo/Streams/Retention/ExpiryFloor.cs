using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Streams.Retention;

/// <summary>Where the expiry clock stood, as a row: read before the first grain runs, written by every sweep.</summary>
public sealed class ExpiryFloor(ExpiryClock clock, IRowStore rows) : IStorageComponent
{
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (await rows.GetAsync(RowKeys.ExpiryFloor, cancellationToken) is { } row)
        {
            clock.Restore(RowCodec.Decode(row, StreamRowsJson.Default.CounterRow).Value);
        }
    }

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Keeps where the clock stands now. Durable on return: records are removed only up to what is kept.</summary>
    /// <returns>What was kept.</returns>
    public async ValueTask<long> SaveAsync(CancellationToken cancellationToken)
    {
        var now = clock.NowUnixMilliseconds;
        var value = RowCodec.Encode(new CounterRow { Value = now }, StreamRowsJson.Default.CounterRow);
        await rows.WriteAsync([new RowWrite(RowKeys.ExpiryFloor, value, null)], cancellationToken);
        return now;
    }
}
