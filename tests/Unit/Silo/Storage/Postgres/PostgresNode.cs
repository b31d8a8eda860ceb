using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Log;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>One silo's way to the log: a pool of connections of its own, and the log over it.</summary>
internal sealed class PostgresNode : IAsyncDisposable
{
    private readonly NpgsqlDataSource source;

    private PostgresNode(NpgsqlDataSource source, PostgresLog log) => (this.source, Log) = (source, log);

    public PostgresLog Log { get; }

    public static async Task<PostgresNode> OpenAsync(
        string connectionString, TimeSpan? lockTimeout = null, string logDatabases = "", PlantedBugs bugs = PlantedBugs.None)
    {
        var options = new PostgresOptions
        {
            ConnectionString = connectionString,
            LogDatabases = logDatabases,
            MaxConnections = 8,
            LockTimeout = lockTimeout ?? TimeSpan.FromMilliseconds(300),
            MinReconnectDelay = TimeSpan.FromMilliseconds(10),
            PlantedBugs = bugs,
        };
        var source = options.CreateDataSource();
        return new PostgresNode(source, await PostgresLog.OpenAsync(source, options, TimeProvider.System, NullLogger<PostgresLog>.Instance, default));
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await source.DisposeAsync();
    }
}
