using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Broker.Silo.Storage.Rows;

/// <summary>The one thread that uses a SQLite file, and the queue of what it is asked to do.</summary>
/// <remarks>SQLite blocks while the device works: on a thread of its own it blocks nobody. What is queued at disposal is still done.</remarks>
internal sealed class SqliteWorker : IDisposable
{
    /// <summary>Calls that may wait; past it callers wait for room. A call's own bytes are its caller's to bound.</summary>
    private const int MaxQueuedCalls = 4_096;

    private readonly Channel<Call> calls = Channel.CreateBounded<Call>(
        new BoundedChannelOptions(MaxQueuedCalls) { SingleReader = true, AllowSynchronousContinuations = false });

    private readonly string path;
    private readonly Thread thread;

    public SqliteWorker(string path)
    {
        this.path = path;
        thread = new Thread(Loop) { IsBackground = true, Name = "broker-rows" };
        thread.Start();
    }

    /// <summary>Does one piece of work on the thread. A call that has begun is not cancelled: its outcome would be unknown.</summary>
    /// <exception cref="StorageException">SQLite failed.</exception>
    public async Task<T> RunAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        var call = new Call<T>(work, cancellationToken);
        try
        {
            await calls.Writer.WriteAsync(call, cancellationToken);
        }
        catch (ChannelClosedException closed)
        {
            throw new StorageException(StorageFault.Device, $"The row store {path} is closed.", closed);
        }

        return await call.Completion;
    }

    public void Dispose()
    {
        calls.Writer.TryComplete();
        thread.Join();
    }

    private void Loop()
    {
        using var session = new SqliteSession(path);
        while (calls.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (calls.Reader.TryRead(out var call))
            {
                call.Run(session);
            }
        }
    }

    private abstract class Call
    {
        public abstract void Run(SqliteSession session);
    }

    private sealed class Call<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) : Call
    {
        private readonly TaskCompletionSource<T> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Completion => completion.Task;

        public override void Run(SqliteSession session)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                completion.TrySetCanceled(cancellationToken);
                return;
            }

            try
            {
                completion.TrySetResult(work(session));
            }
            catch (SqliteException exception)
            {
                completion.TrySetException(session.Translate(exception));
            }
            catch (Exception exception)
            {
                completion.TrySetException(exception);
            }
        }
    }
}
