using Broker.Silo.Storage.Postgres;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

public sealed class PostgresOptionsTests
{
    [Fact]
    public void All_faults_are_reported_at_once()
    {
        var options = new PostgresOptions
        {
            ConnectionString = "Database=x",
            MaxConnections = 3,
            StatementTimeout = TimeSpan.Zero,
            MaxCommitBytes = 1,
            MinReconnectDelay = TimeSpan.Zero,
        };
        var faults = options.Faults();
        Assert.Equal(6, faults.Count);
        foreach (var name in new[] { "ConnectionString", "MaxConnections", "StatementTimeout", "LockTimeout", "MaxCommitBytes", "MinReconnectDelay" })
        {
            Assert.Contains(faults, fault => fault.Contains(name, StringComparison.Ordinal));
        }

        Assert.Throws<ArgumentException>(() => options.CreateDataSource());
        Assert.Contains("not a connection string", Assert.Single(new PostgresOptions { ConnectionString = "nonsense" }.Faults()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pool_and_its_sessions_are_bounded()
    {
        var options = new PostgresOptions { ConnectionString = "Host=db;Options=-c geqo=off", StatementTimeout = TimeSpan.FromSeconds(3) };
        Assert.Empty(options.Faults());
        await using var source = options.CreateDataSource();
        var connection = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.Equal((32, 5, 5), (connection.MaxPoolSize, connection.Timeout, connection.CommandTimeout));
        Assert.Equal("-c geqo=off -c statement_timeout=3000 -c idle_in_transaction_session_timeout=3000", connection.Options);
    }

    [Fact]
    public void The_databases_of_the_log_are_separated_by_bars_and_lines()
    {
        var options = new PostgresOptions { ConnectionString = "Host=a", LogDatabases = "Host=b;Port=1 | Host=c\n  Host=d\n" };
        Assert.Empty(options.Faults());
        Assert.Equal(["Host=a", "Host=b;Port=1", "Host=c", "Host=d"], options.ConnectionStrings);
        options.LogDatabases = "Host=b|Database=x|nonsense";
        Assert.Equal(2, options.Faults().Count(fault => fault.Contains("LogDatabases", StringComparison.Ordinal)));
    }
}
