using Npgsql;

namespace Broker.Silo.Storage.Postgres;

/// <summary>Refuses a server on which a commit is not durable: an acknowledged record could be lost there.</summary>
internal static class PostgresDurability
{
    /// <exception cref="StorageException">fsync or synchronous_commit is off, or the server takes no writes.</exception>
    public static async Task VerifyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // As they stand for this user and database, which may have settings of their own.
        await using var command = new NpgsqlCommand(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('transaction_read_only')", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        List<string> faults = [];
        foreach (var (ordinal, name) in new[] { (0, "fsync"), (1, "synchronous_commit") })
        {
            if (reader.GetString(ordinal) == "off")
            {
                faults.Add($"{name} is off there, so what it commits can be lost: set {name} = on.");
            }
        }

        if (reader.GetString(2) == "on")
        {
            faults.Add("it takes no writes (a standby, or default_transaction_read_only): name the primary.");
        }

        if (faults.Count > 0)
        {
            throw new StorageException(
                StorageFault.Device,
                $"PostgreSQL database {connection.Database} at {connection.DataSource} is refused: {string.Join(" ", faults)}");
        }
    }
}
