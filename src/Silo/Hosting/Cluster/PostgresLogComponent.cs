using System.Diagnostics.Metrics;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>The log of a cluster, in the database that all its silos share.</summary>
internal sealed class PostgresLogComponent(
    NpgsqlDataSource database, IOptions<PostgresOptions> options, TimeProvider time, IMeterFactory meters, ILogger<PostgresLog> logger)
    : ShardLogComponent<PostgresLog>
{
    protected override ValueTask<PostgresLog> CreateAsync(CancellationToken cancellationToken) =>
        PostgresLog.OpenAsync(database, options.Value, time, logger, cancellationToken, new CommitMetrics(meters, time, "postgres"));
}
