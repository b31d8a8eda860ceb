using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Leases;
using Broker.Gateway.Encryption;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Groups;

/// <summary>Finds out how far leases are behind their shards. Thread-safe.</summary>
public sealed class LeaseLags(IBrokerGrains grains, StreamRoutes routes, StreamCiphers ciphers, TimeProvider clock)
{
    private const int MaxAtOnce = 16;

    /// <returns>For each lease, in order: records that are not processed and the age of the oldest in milliseconds; null where it cannot be told now.</returns>
    internal async Task<(long Records, long Milliseconds)?[]> FindAsync(IReadOnlyList<LeaseDescription> leases, CancellationToken cancellation)
    {
        var lags = new (long, long)?[leases.Count];
        await Parallel.ForAsync(
            0,
            leases.Count,
            new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = cancellation },
            async (i, stop) =>
            {
                try
                {
                    lags[i] = await FindAsync(leases[i].Lease, stop);
                }
                catch (Exception exception) when (exception is BrokerException or OrleansException or TimeoutException)
                {
                    // Gone, or not to be had now.
                    lags[i] = null;
                }
            });
        return lags;
    }

    private async Task<(long Records, long Milliseconds)?> FindAsync(HeldLease lease, CancellationToken cancellation)
    {
        if (lease.Checkpoint.Type is CheckpointType.ShardEnd or CheckpointType.Latest)
        {
            return (0, 0);
        }

        var shard = new MovingShard(grains.Shard(lease.Shard), clock);
        var position = lease.Checkpoint.Type == CheckpointType.SequenceNumber ? lease.Checkpoint.NextPosition : 0;
        if (lease.Checkpoint.Type == CheckpointType.AtTimestamp)
        {
            var found = await shard.FindAsync(lease.Checkpoint.UnixMilliseconds, cancellation);
            if (found.Code != BrokerErrorCode.None)
            {
                return null;
            }

            position = found.Position;
        }

        var version = routes.Peek(lease.Shard.Stream)?.Stream.Version ?? 0;
        var read = await shard.ReadAsync(
            new ReadRequest(position, MaxBytes: 1, TimeSpan.Zero, version, Metered: false), lease.Shard.Stream, ciphers, cancellation);
        if (read.Code != BrokerErrorCode.None)
        {
            return null;
        }

        var first = read.Blocks.IsDefaultOrEmpty ? 0 : read.Blocks[0].Head.ArrivalUnixMilliseconds;
        return (
            Math.Max(0, read.TailPosition - Math.Max(position, read.FromPosition)),
            first == 0 ? 0 : Math.Max(0, clock.GetUtcNow().ToUnixTimeMilliseconds() - first));
    }
}
