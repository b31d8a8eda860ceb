using Broker.Cli.Records;
using Broker.Kcl.Connection;
using Broker.V1;
using Grpc.Core;
using Spectre.Console;

namespace Broker.Cli.Groups;

/// <summary>Works for an application until it has enough or is told to stop; connects again under its id when the call breaks.</summary>
/// <remarks>At least once: records are written, then checkpointed; those of a message that was cut off come again.</remarks>
internal sealed class ConsumeJob(ClientContext context, ConsumeJoin join, RecordWriter writer, long? count)
{
    private readonly Backoff backoff = Backoff.ForConnecting(TimeProvider.System);
    private bool hasJoined;
    private long written;

    /// <param name="stop">Has it say goodbye.</param>
    /// <param name="cancellation">Has it end at once.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellation)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var call = new ConsumeCall(context.Connection.Applications.Consume(cancellationToken: cancellation));
                await call.RunAsync(join, WriteAsync, Joined, stop, cancellation);
                return;
            }
            catch (RpcException e) when (RpcFaults.IsTransient(e) && !cancellation.IsCancellationRequested && hasJoined)
            {
                if (context.ShowProgress)
                {
                    context.Error.WriteLine($"{e.Status.Detail} It goes on as soon as it can.");
                }

                await backoff.PauseAsync(cancellation);
            }
        }
    }

    /// <summary>From now on a call that breaks is made again; one that never was is told.</summary>
    private void Joined()
    {
        hasJoined = true;
        backoff.Reset();
    }

    /// <summary>Writes records; tells how many of them, and whether there shall be more.</summary>
    private async Task<(int Written, bool IsEnough)> WriteAsync(string shardId, ConsumeRecords records, CancellationToken cancellation)
    {
        var room = count is { } most ? (int)Math.Min(most - written, records.Records.Count) : records.Records.Count;
        for (var i = 0; i < room; i++)
        {
            writer.Add(shardId, records.Records[i]);
        }

        try
        {
            await writer.FlushAsync(cancellation);
        }
        catch (IOException e) when (e.HResult == TailJob.BrokenPipe)
        {
            return (0, true); // The reader of a pipe has gone: what it did not get is not checkpointed.
        }
        catch (IOException e)
        {
            throw new CommandException($"the output cannot be written: {e.Message}");
        }

        written += room;
        return (room, written == count);
    }
}
