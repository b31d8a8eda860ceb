using System.ComponentModel;
using Broker.Kcl.Consumer;

namespace Broker.Cli.MultiLang;

/// <summary>A shard's processor in a process of its own, spoken to in KCL's protocol for other languages.</summary>
/// <remarks>
/// Every action is answered by a status; checkpoints may come before it. A process that ends or says something else fails the action: the
/// shard is given back, and comes again to a new process from its checkpoint on.
/// </remarks>
internal sealed class MultiLangProcessor(IReadOnlyList<string> command, TimeSpan? timeout, Action<Exception> fail) : IRecordProcessor, IAsyncDisposable
{
    private ChildProcess? child;
    private bool isBroken;

    public async Task InitializeAsync(ShardLease lease, CancellationToken lost)
    {
        try
        {
            child = ChildProcess.Start(command);
        }
        catch (Win32Exception e)
        {
            fail(new CommandException($"executableName: {command[0]} cannot be started: {e.Message}"));
            throw;
        }

        await AskAsync("initialize", DaemonMessages.Initialize(lease), null);
    }

    public Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost) =>
        AskAsync("processRecords", DaemonMessages.ProcessRecords(batch), batch.Checkpointer);

    public async Task LeaseLostAsync()
    {
        if (!isBroken)
        {
            await AskAsync("leaseLost", DaemonMessages.Plain("leaseLost"), null);
        }
    }

    public Task ShardEndedAsync(IShardCheckpointer checkpointer, CancellationToken lost) =>
        AskAsync("shardEnded", DaemonMessages.Plain("shardEnded"), checkpointer);

    /// <summary>The processor is told that its lease is lost as soon as it had its occasion, as KCL does.</summary>
    public async Task ShutdownRequestedAsync(IShardCheckpointer checkpointer, CancellationToken lost)
    {
        await AskAsync("shutdownRequested", DaemonMessages.Plain("shutdownRequested"), checkpointer);
        await AskAsync("leaseLost", DaemonMessages.Plain("leaseLost"), null);
    }

    public ValueTask DisposeAsync() => child?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task AskAsync(string action, byte[] message, IShardCheckpointer? checkpointer)
    {
        isBroken = true;
        try
        {
            // Side by side: a process may say much before it has read all.
            var writing = child!.WriteAsync(message, CancellationToken.None);
            await AnsweredAsync(action, checkpointer);
            await writing;
            isBroken = false;
        }
        catch (OperationCanceledException)
        {
            child!.Kill();
            throw new TimeoutException($"Process {child.Id} did not answer {action} within {timeout}: it is killed.");
        }
    }

    private async Task AnsweredAsync(string action, IShardCheckpointer? checkpointer)
    {
        while (true)
        {
            using var patience = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan);
            var message = await child!.ReadAsync(patience.Token) ?? throw new IOException($"Process {child.Id} ended before it answered {action}.");
            if (message.Action == ChildMessage.Checkpoint)
            {
                var error = await CheckpointAsync(message, checkpointer);
                await child.WriteAsync(DaemonMessages.Checkpoint(message, error), patience.Token);
                continue;
            }

            if (message.ResponseFor != action)
            {
                throw new IOException($"Process {child.Id} answered '{message.ResponseFor}' when it was asked {action}.");
            }

            return;
        }
    }

    /// <summary>Makes a checkpoint; tells the exception that KCL would have thrown.</summary>
    private static async Task<string?> CheckpointAsync(ChildMessage message, IShardCheckpointer? checkpointer)
    {
        if (checkpointer is null)
        {
            return "InvalidStateException";
        }

        try
        {
            await (message.SequenceNumber is { } number
                ? checkpointer.CheckpointAsync(new RecordPosition(number, message.SubSequenceNumber))
                : checkpointer.CheckpointAsync());
            return null;
        }
        catch (LeaseLostException)
        {
            return "ShutdownException";
        }
        catch (ArgumentException)
        {
            return "IllegalArgumentException";
        }
    }
}
