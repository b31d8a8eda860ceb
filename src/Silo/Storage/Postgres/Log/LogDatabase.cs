using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Log;

/// <summary>One of the databases beside the first that keep shards: opened when it is reached, at the start or whenever later.</summary>
/// <remarks>While it is not reached the shards in it are not served, and all others are. Once opened it stays so, whatever becomes of its connections.</remarks>
internal sealed partial class LogDatabase(
    NpgsqlDataSource source, PostgresOptions options, TimeProvider time, Action<DatabaseLog> onOpened, ILogger logger, CommitMetrics? metrics) : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private Task loop = Task.CompletedTask;
    private DatabaseLog? opened;

    /// <summary>Opens it, or begins to try again and again where it is not reached.</summary>
    /// <exception cref="StorageException">It is reached, and must not be used: not durable, not migrated, of a newer release, or named twice.</exception>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TryAsync(cancellationToken);
        }
        catch (StorageException exception) when (IsUnreached(exception))
        {
            LogNotReached(logger, exception.Message);
            loop = RetryAsync(options.MinReconnectDelay);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        if (opened is not null)
        {
            await opened.DisposeAsync();
        }

        await source.DisposeAsync();
        stop.Dispose();
    }

    private static bool IsUnreached(StorageException exception) => exception.InnerException is NpgsqlException;

    private async Task TryAsync(CancellationToken cancellationToken)
    {
        var log = await DatabaseLog.OpenAsync(source, options, time, logger, metrics, cancellationToken);
        opened = log;
        onOpened(log);
    }

    private async Task RetryAsync(TimeSpan delay)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(delay, time, stop.Token);
                await TryAsync(stop.Token);
                LogReached(logger, opened!.Name);
                return;
            }
            catch (StorageException exception) when (IsUnreached(exception))
            {
                delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, options.MaxReconnectDelay.Ticks));
            }
            catch (StorageException exception)
            {
                LogRefused(logger, exception.Message);
                return;
            }
            catch (OperationCanceledException)
            {
                // The log is disposed.
            }
        }
    }
}
