using Broker.Cli.Client;

namespace Broker.Cli.Verify;

/// <summary>Follows the stream from its beginning and tells the ledger what it reads.</summary>
internal sealed class VerifyReader(int index, string run, StreamFollower follower, VerifyLedger ledger)
{
    /// <summary>Reads until cancelled, which ends it in order, or until it cannot.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await follower.RunAsync(Take, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nothing is owed any more.
        }
    }

    private ValueTask Take(string shardId, ShardEvent received, CancellationToken cancellation)
    {
        foreach (var record in received.Records)
        {
            if (VerifyRecord.TryRead(record.Data.Span, run, out var ours))
            {
                ledger.Take(index, ours, shardId, record.SequenceNumber);
            }
        }

        if (received.Children.Count > 0)
        {
            ledger.Finish(index, shardId, received.Children.Select(child => (child.ShardId, (IReadOnlyList<string>)child.ParentShards)));
        }

        return ValueTask.CompletedTask;
    }
}
