using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Sees, before anything else is opened, that the database is what this release needs; brings it there if it was told to.</summary>
internal sealed class PostgresMigration(
    NpgsqlDataSource database, PostgresSchema schema, IOptions<PostgresOptions> postgres, IOptions<ClusterOptions> cluster) : IStorageComponent
{
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (cluster.Value.Migrate)
        {
            await schema.MigrateAsync(postgres.Value, cancellationToken);
        }

        await PostgresSchema.VerifyAsync(database, cancellationToken, cluster.Value.HighestLevel);
    }

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
