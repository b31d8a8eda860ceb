using Npgsql;
using Testcontainers.PostgreSql;

namespace Broker.Tests.Harness.Postgres;

/// <summary>A server in a container, where a Docker engine answers.</summary>
internal sealed class ContainedPostgres : PostgresServer
{
    private readonly PostgreSqlContainer container;

    // A port that Docker chooses changes with a restart.
    private ContainedPostgres(int port) =>
        container = new PostgreSqlBuilder("postgres:17-alpine").WithUsername("broker").WithPortBinding(port, PostgreSqlBuilder.PostgreSqlPort)
            .WithCommand("-c", "max_connections=300").Build();

    public static new string? Absence { get; } =
        Environment.GetEnvironmentVariable("DOCKER_HOST") is null && !File.Exists("/var/run/docker.sock") ? "No Docker engine answers either." : null;

    public override string ConnectionString => new NpgsqlConnectionStringBuilder(container.GetConnectionString()) { Database = null }.ConnectionString;

    public static async Task<ContainedPostgres> CreateAsync()
    {
        var server = new ContainedPostgres(BrokerProcess.FreePort());
        await server.container.StartAsync();
        return server;
    }

    public override Task RestartAsync() => container.StartAsync();

    public override async Task CrashAsync()
    {
        // The shell of the container outlives no server; so its end is the container's.
        await container.ExecAsync(["su", "postgres", "-c", "pg_ctl -D \"$PGDATA\" -m immediate stop"]);
        await container.StopAsync();
    }

    public override Task StopAsync() => container.StopAsync();

    public override ValueTask DisposeAsync() => container.DisposeAsync();
}
