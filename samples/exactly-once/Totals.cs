using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Broker.Samples.ExactlyOnce;

/// <summary>
/// The application's database: what is counted (<c>totals</c>), and for each shard up to where (<c>progress</c>). Both change in one
/// transaction, so that a record is in the totals exactly when the shard's position is at or behind it.
/// </summary>
internal sealed class Totals(NpgsqlDataSource database) : IHostedLifecycleService
{
    /// <summary>Before the consumer starts. Several workers may do so at once.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        // One transaction: who waits for the lock finds the tables that its holder has committed.
        await using var schema = database.CreateCommand("""
            SELECT pg_advisory_xact_lock(20010113);
            CREATE TABLE IF NOT EXISTS totals (key text PRIMARY KEY, records bigint NOT NULL, amount bigint NOT NULL);
            CREATE TABLE IF NOT EXISTS progress (
                application text, stream text, shard text, lease_counter bigint NOT NULL, position text NOT NULL,
                PRIMARY KEY (application, stream, shard));
            """);
        await schema.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
