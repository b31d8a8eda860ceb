using System.Globalization;
using Npgsql;

namespace Broker.Tests.Harness.Postgres;

/// <summary>An empty database on a server of tests, dropped in the end with whoever is still connected.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private static int made;

    private readonly PostgresServer server;

    private PostgresDatabase(PostgresServer server, string name) => (this.server, Name) = (server, name);

    public string Name { get; }

    public string ConnectionString => new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = Name }.ConnectionString;

    /// <summary>The way to a database that several servers have, one of which is the primary and may cease to be.</summary>
    public static string ConnectionStringOf(string name, params ReadOnlySpan<PostgresServer> servers)
    {
        List<string> hosts = [];
        var connection = new NpgsqlConnectionStringBuilder(servers[0].ConnectionString) { Database = name, TargetSessionAttributes = "primary" };
        foreach (var server in servers)
        {
            var one = new NpgsqlConnectionStringBuilder(server.ConnectionString);
            hosts.Add(string.Create(CultureInfo.InvariantCulture, $"{one.Host}:{one.Port}"));
        }

        connection.Host = string.Join(',', hosts);
        return connection.ConnectionString;
    }

    /// <param name="server">Null for the one that all tests of the run share.</param>
    public static async Task<PostgresDatabase> CreateAsync(PostgresServer? server = null)
    {
        server ??= await PostgresServer.SharedAsync();
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref made)}");
        await ExecuteAsync(server.ConnectionString + ";Database=postgres", $"CREATE DATABASE {name}");
        return new PostgresDatabase(server, name);
    }

    public Task ExecuteAsync(string sql) => ExecuteAsync(ConnectionString, sql);

    /// <summary>The first value that a query gives.</summary>
    public async Task<object?> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Unpooled(ConnectionString));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync() =>
        await ExecuteAsync(server.ConnectionString + ";Database=postgres", $"DROP DATABASE {Name} WITH (FORCE)");

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(Unpooled(connectionString));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Unpooled(string connectionString) => connectionString + ";Pooling=false";
}
