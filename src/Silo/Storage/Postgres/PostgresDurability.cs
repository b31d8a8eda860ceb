using Npgsql;

namespace Broker.Silo.Storage.Postgres;

/// <summary>Refuses a server on which a commit is not durable: an acknowledged record could be lost there.</summary>
internal static class PostgresDurability
{
    /// <exception cref="StorageException">fsync is off, commits are acknowledged before they are where they must be, or the server takes no writes.</exception>
    public static async Task VerifyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // As they stand for this user and database, which may have settings of their own.
        await using var command = new NpgsqlCommand(
            """
            SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
                pg_is_in_recovery(), current_setting('default_transaction_read_only')
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var faults = Faults(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetString(4));
        if (faults.Count > 0)
        {
            throw new StorageException(
                StorageFault.Device,
                $"PostgreSQL database {connection.Database} at {connection.DataSource} is refused: {string.Join(" ", faults)}");
        }
    }

    /// <summary>What is wrong with a server of these settings, and how to mend it.</summary>
    /// <remarks>on, remote_apply and remote_write all flush here first; they differ in what a synchronous standby, where there is one, has done by then.</remarks>
    internal static List<string> Faults(string fsync, string synchronousCommit, string synchronousStandbys, bool isStandby, string readOnly)
    {
        List<string> faults = [];
        if (fsync == "off")
        {
            faults.Add("fsync is off there, so what it commits can be lost: set fsync = on.");
        }

        if (synchronousCommit == "off")
        {
            faults.Add("synchronous_commit is off there, so what it commits can be lost: set synchronous_commit = on.");
        }

        if (synchronousCommit == "local" && synchronousStandbys.Length > 0)
        {
            faults.Add("synchronous_commit is local there, so a standby that is promoted can lack what was committed: set synchronous_commit = on.");
        }

        if (isStandby)
        {
            faults.Add("it is a standby and takes no writes: name the primary, or all of them with Target Session Attributes=primary.");
        }
        else if (readOnly == "on")
        {
            faults.Add("it takes no writes: set default_transaction_read_only = off.");
        }

        return faults;
    }
}
