using Broker.Cli.Client;

namespace Broker.Cli.Records;

/// <summary>Writes what a follower reads until there is enough.</summary>
/// <remarks>Shards deliver side by side; their events are written one after another, each whole.</remarks>
internal sealed class TailJob(StreamFollower follower, RecordWriter writer, long? count) : IDisposable
{
    /// <summary>EPIPE, as .NET passes it on.</summary>
    internal const int BrokenPipe = 32;

    private readonly SemaphoreSlim turn = new(1);
    private readonly CancellationTokenSource enough = new();
    private long written;

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, enough.Token);
        try
        {
            await follower.RunAsync(WriteAsync, stop.Token);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // As many as were asked for are written, or nobody reads on.
        }
    }

    public void Dispose()
    {
        turn.Dispose();
        enough.Dispose();
    }

    private async ValueTask WriteAsync(string shardId, ShardEvent received, CancellationToken cancellation)
    {
        if (received.Records.Count == 0)
        {
            return;
        }

        await turn.WaitAsync(cancellation);
        try
        {
            foreach (var record in received.Records)
            {
                if (written == count)
                {
                    break;
                }

                writer.Add(shardId, record);
                written++;
            }

            await writer.FlushAsync(cancellation);
            if (written == count)
            {
                await enough.CancelAsync();
            }
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            await enough.CancelAsync(); // The reader of a pipe has gone.
        }
        catch (IOException e)
        {
            // Not an IOException: to the follower that would be a connection that broke, and be tried again.
            throw new CommandException($"the output cannot be written: {e.Message}");
        }
        finally
        {
            turn.Release();
        }
    }
}
