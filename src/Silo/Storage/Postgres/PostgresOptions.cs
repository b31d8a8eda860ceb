using System.Globalization;
using Npgsql;

namespace Broker.Silo.Storage.Postgres;

/// <summary>The way to a PostgreSQL database and how long its statements may take. Configuration section <c>Broker:Postgres</c>.</summary>
public sealed class PostgresOptions
{
    /// <summary>
    /// As Npgsql reads it; what is set below overrides it. Several hosts with <c>Target Session Attributes=primary</c> are a primary and
    /// its standbys: after a promotion the new primary is found by itself. No default.
    /// </summary>
    public string ConnectionString { get; set; } = string.Empty;

    /// <summary>
    /// Further databases for the log, each a connection string, separated by '|' or a new line. A shard is in one of all, the first
    /// among them, from its first opening for good; so none may be taken out again while shards are in it. Default none.
    /// </summary>
    public string LogDatabases { get; set; } = string.Empty;

    /// <summary>Connections of this process to each database, 4 to 1,000; callers past it wait for one. Default 32.</summary>
    public int MaxConnections { get; set; } = 32;

    /// <summary>How long connecting may take, or waiting for a free connection. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a statement may take before the server ends it, 1 s or more. Default 10 s.</summary>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a shard's opening waits for its last owner's commit before it ends that owner's connection. Default 1 s.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that one group commit aims not to pass, 64 KiB to 32 MiB; an append that is larger goes alone. Default 4 MiB.</summary>
    public int MaxCommitBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>The first wait after the database was not reached; it doubles with each failure. Default 50 ms.</summary>
    public TimeSpan MinReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest such wait. Default 2 s.</summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The first database and all others, in the order of the setting.</summary>
    internal IReadOnlyList<string> ConnectionStrings =>
        [ConnectionString, .. LogDatabases.Split(['|', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    /// <summary>Faults for tests of tests.</summary>
    internal PlantedBugs PlantedBugs { get; set; }

    /// <summary>What is wrong and how to mend it; empty where all is well.</summary>
    public IReadOnlyList<string> Faults()
    {
        List<string> faults = [];
        foreach (var connectionString in ConnectionStrings)
        {
            var setting = ReferenceEquals(connectionString, ConnectionString) ? nameof(ConnectionString) : nameof(LogDatabases);
            try
            {
                if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connectionString).Host))
                {
                    faults.Add($"Broker:Postgres:{setting} names no host: give one, as in Host=db;Database=broker;Username=broker.");
                }
            }
            catch (ArgumentException exception)
            {
                faults.Add($"Broker:Postgres:{setting} is not a connection string: {exception.Message}");
            }
        }

        if (MaxConnections is < 4 or > 1_000)
        {
            faults.Add($"Broker:Postgres:{nameof(MaxConnections)} is {MaxConnections}: give 4 to 1000.");
        }

        if (ConnectTimeout < TimeSpan.FromSeconds(1) || StatementTimeout < TimeSpan.FromSeconds(1))
        {
            faults.Add($"Broker:Postgres:{nameof(ConnectTimeout)} and {nameof(StatementTimeout)} must be 1 s or more.");
        }

        if (LockTimeout < TimeSpan.FromMilliseconds(1) || LockTimeout >= StatementTimeout)
        {
            faults.Add($"Broker:Postgres:{nameof(LockTimeout)} is {LockTimeout}: give 1 ms or more, below {nameof(StatementTimeout)}.");
        }

        if (MaxCommitBytes is < 65_536 or > 32 * 1024 * 1024)
        {
            faults.Add($"Broker:Postgres:{nameof(MaxCommitBytes)} is {MaxCommitBytes}: give 65536 to 33554432.");
        }

        if (MinReconnectDelay <= TimeSpan.Zero || MaxReconnectDelay < MinReconnectDelay)
        {
            faults.Add($"Broker:Postgres:{nameof(MinReconnectDelay)} must be above zero and at most {nameof(MaxReconnectDelay)}.");
        }

        return faults;
    }

    /// <summary>A pool of connections with these bounds. Nothing is connected yet.</summary>
    /// <param name="maxConnections">Connections of this pool; null for <see cref="MaxConnections"/>.</param>
    /// <param name="connectionString">Of another database than the first.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message lists how.</exception>
    public NpgsqlDataSource CreateDataSource(int? maxConnections = null, string? connectionString = null)
    {
        if (Faults() is { Count: > 0 } faults)
        {
            throw new ArgumentException(string.Join(' ', faults));
        }

        var connection = new NpgsqlConnectionStringBuilder(connectionString ?? ConnectionString)
        {
            MaxPoolSize = maxConnections ?? MaxConnections,
            Timeout = (int)Math.Ceiling(ConnectTimeout.TotalSeconds),

            // The server ends a statement first and says so; the client's own end is for a server that says nothing any more.
            CommandTimeout = (int)Math.Ceiling(StatementTimeout.TotalSeconds) + 2,

            // Blocks go out by the buffer, each a call of the system.
            WriteBufferSize = 64 * 1024,
            MaxAutoPrepare = 64,

            // Nothing here outlasts its transaction: setting a connection back would cost every commit statements of its own.
            NoResetOnClose = true,

            // Of several hosts: how long one that was the primary is taken for it, and one that was not for none.
            HostRecheckSeconds = 1,
            AutoPrepareMinUsages = 3,
            ApplicationName = "broker",
        };
        var options = string.Create(
            CultureInfo.InvariantCulture,
            $"-c statement_timeout={(long)StatementTimeout.TotalMilliseconds} -c idle_in_transaction_session_timeout={(long)StatementTimeout.TotalMilliseconds}");
        connection.Options = string.IsNullOrEmpty(connection.Options) ? options : $"{connection.Options} {options}";
        return NpgsqlDataSource.Create(connection);
    }
}
