using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Broker.Silo.Storage.Postgres.Time;

/// <summary>The time of a cluster: its database's. The one clock by which silos stamp and expire records; timers and timestamps are the machine's.</summary>
/// <remarks>
/// <para>
/// Asks the database once a second; steps of the machine's own wall clock do not matter. <see cref="GetUtcNow"/> never falls from
/// <see cref="OpenAsync"/> on, until which it is the machine's own. <see cref="ClockEstimate"/> tells when it is to be doubted.
/// </para>
/// <para>Opened as a storage component, before whatever reads the time for good (<c>ExpiryFloor</c>). Any thread; nothing survives a restart.</para>
/// </remarks>
public sealed partial class DatabaseTime : TimeProvider, IClusterTime, IStorageComponent, IDisposable
{
    private const int FirstAttempts = 5;
    private const long UnixEpochTicks = 621_355_968_000_000_000;

    private readonly Func<CancellationToken, ValueTask<Answer>> ask;
    private readonly TimeProvider system;
    private readonly DatabaseTimeOptions options;
    private readonly ILogger logger;
    private readonly ClockEstimate estimate;
    private readonly CancellationTokenSource stop = new();
    private Task loop = Task.CompletedTask;
    private bool isSilent;
    private bool isDoubted;

    /// <param name="database">The first of the cluster's databases; stays its owner's to dispose.</param>
    /// <param name="options">How it is followed.</param>
    /// <param name="logger">Told when the database's clock jumps or is not heard of.</param>
    public DatabaseTime(NpgsqlDataSource database, IOptions<DatabaseTimeOptions> options, ILogger<DatabaseTime> logger)
        : this(cancellation => AskAsync(database, System, cancellation), System, options.Value, logger)
    {
    }

    internal DatabaseTime(Func<CancellationToken, ValueTask<Answer>> ask, TimeProvider system, DatabaseTimeOptions options, ILogger logger)
    {
        this.ask = ask;
        this.system = system;
        this.options = options;
        this.logger = logger;
        estimate = new ClockEstimate(options, system);
    }

    public string? Doubt => estimate.Doubt;

    public override long TimestampFrequency => system.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => system.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => new(estimate.UtcTicks, TimeSpan.Zero);

    public override long GetTimestamp() => system.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        system.CreateTimer(callback, state, dueTime, period);

    /// <summary>Takes the first sample.</summary>
    /// <exception cref="StorageException">The database is not reached, or takes too long to answer.</exception>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        var longest = TimeSpan.Zero;
        for (var attempt = 1; ; attempt++)
        {
            Answer answer;
            try
            {
                answer = await ask(cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                throw PostgresErrors.Translate(exception, null);
            }

            if (estimate.Add(answer.Sent, answer.Received, answer.Ticks) == SampleVerdict.Agrees)
            {
                break;
            }

            longest = Max(longest, system.GetElapsedTime(answer.Sent, answer.Received));
            if (attempt == FirstAttempts)
            {
                throw new StorageException(
                    StorageFault.Device,
                    $"The database takes up to {longest} to tell its time, more than {options.MaxRoundTrip} (Broker:Clock:{nameof(DatabaseTimeOptions.MaxRoundTrip)}), {FirstAttempts} times in a row.");
            }
        }

        LogFollowing(GetUtcNow() - system.GetUtcNow());
        loop = FollowAsync(stop.Token);
    }

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();

        // What has no time left to stop must not fail the rest of the stopping.
        await loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => stop.Dispose();

    private async Task FollowAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.SampleEvery, system, stopping);
                await SampleAsync(stopping);
                Tell();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Closed.
        }
    }

    private async ValueTask SampleAsync(CancellationToken stopping)
    {
        try
        {
            var answer = await ask(stopping);
            isSilent = false;
            if (estimate.Add(answer.Sent, answer.Received, answer.Ticks) == SampleVerdict.Settled)
            {
                LogSettled(estimate.Off);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (!isSilent)
            {
                isSilent = true;
                LogSilent(exception.Message);
            }
        }
    }

    private void Tell()
    {
        var doubt = Doubt;
        if (doubt is not null && !isDoubted)
        {
            LogDoubted(doubt);
        }
        else if (doubt is null && isDoubted)
        {
            LogTrusted();
        }

        isDoubted = doubt is not null;
    }

    private static async ValueTask<Answer> AskAsync(NpgsqlDataSource database, TimeProvider system, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var command = new NpgsqlCommand("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", connection);
        var sent = system.GetTimestamp();
        var microseconds = (long)(await command.ExecuteScalarAsync(cancellation))!;
        return new Answer(sent, system.GetTimestamp(), UnixEpochTicks + (microseconds * TimeSpan.TicksPerMicrosecond));
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    /// <summary>What the database said its time was (UTC ticks), and between which timestamps.</summary>
    internal readonly record struct Answer(long Sent, long Received, long Ticks);
}
