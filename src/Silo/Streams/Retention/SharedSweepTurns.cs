using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Streams.Retention;

/// <summary>The turns of a cluster: a row tells when the last sweep began, and who writes the next time there has the turn.</summary>
/// <remarks>
/// Nobody holds anything: a silo that took a turn and froze, or died, costs one interval. A sweep that takes longer than that may have
/// another beside it, which does what is done already.
/// </remarks>
public sealed class SharedSweepTurns(IRowStore rows, TimeProvider time, IOptions<RetentionOptions> options) : ISweepTurns
{
    public async ValueTask<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        var row = await rows.GetAsync(RowKeys.LastSweep, cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (row is not null)
        {
            // Silos' timers and times differ a little; a time that lies ahead was written before the clock was set back.
            var since = now - RowCodec.Decode(row, StreamRowsJson.Default.CounterRow).Value;
            var interval = options.Value.SweepInterval.TotalMilliseconds;
            if (since < interval * 0.9 && since > -interval)
            {
                return false;
            }
        }

        try
        {
            var value = RowCodec.Encode(new CounterRow { Value = now }, StreamRowsJson.Default.CounterRow);
            await rows.WriteAsync([new RowWrite(RowKeys.LastSweep, value, row?.Version ?? 0)], cancellationToken);
            return true;
        }
        catch (RowConflictException)
        {
            return false;
        }
    }
}
