using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Streams.Retention;

/// <summary>Where the expiry clock stood, as a row: read before the first grain runs, kept by every silo's sweeper.</summary>
/// <remarks>
/// All silos of a cluster share the row. It only rises, by writes that expect the version that was read; each silo's clock follows it. A
/// silo that is hardly ahead of it leaves it alone, so that however many there are, it is written about twice a sweep interval.
/// </remarks>
public sealed class ExpiryFloor(ExpiryClock clock, IRowStore rows, IOptions<RetentionOptions> options) : IStorageComponent
{
    private const int MaxAttempts = 3;

    public async ValueTask OpenAsync(CancellationToken cancellationToken) =>
        clock.Restore(await rows.GetAsync(RowKeys.ExpiryFloor, cancellationToken) is { } row ? Decode(row) : null);

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Keeps where the clock stands now, or finds that it was kept already. Durable on return: records are removed only up to what is kept.</summary>
    /// <returns>What is kept.</returns>
    public async ValueTask<long> SaveAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var row = await rows.GetAsync(RowKeys.ExpiryFloor, cancellationToken);
            if (row is not null)
            {
                var kept = Decode(row);
                clock.Raise(kept);
                if (clock.NowUnixMilliseconds - kept < options.Value.SweepInterval.TotalMilliseconds / 2)
                {
                    return kept;
                }
            }

            var now = clock.NowUnixMilliseconds;

            try
            {
                var value = RowCodec.Encode(new CounterRow { Value = now }, StreamRowsJson.Default.CounterRow);
                await rows.WriteAsync([new RowWrite(RowKeys.ExpiryFloor, value, row?.Version ?? 0)], cancellationToken);
                return now;
            }
            catch (RowConflictException) when (attempt < MaxAttempts)
            {
                // Another silo raised it.
            }
        }
    }

    private static long Decode(Row row) => RowCodec.Decode(row, StreamRowsJson.Default.CounterRow).Value;
}
