using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres;

/// <summary>The tables of a database and their versions: the scripts in Migrations/, and the journal of those that ran there.</summary>
/// <remarks>A script that was ever released is never changed; what changes is a script more. Each runs in a transaction of its own.</remarks>
public sealed partial class PostgresSchema(ILogger<PostgresSchema> logger)
{
    /// <summary>The table of the scripts that ran, in the schema that the connection's search path leads to.</summary>
    public const string JournalTable = "broker_migrations";

    // "broker" in ASCII: of all who migrate one database at once, one works and the others wait and find nothing to do.
    private const long LockKey = 0x62_726F_6B65_72;

    private static readonly SqlScript[] Scripts = LoadScripts();

    /// <summary>Runs in all databases of a cluster the scripts that did not run there yet, in the first one first.</summary>
    /// <returns>The names of the scripts that were run anywhere.</returns>
    /// <inheritdoc cref="MigrateAsync(string, CancellationToken)"/>
    public async Task<IReadOnlyList<string>> MigrateAsync(PostgresOptions options, CancellationToken cancellationToken)
    {
        List<string> ran = [];
        foreach (var connectionString in options.ConnectionStrings)
        {
            ran.AddRange(await MigrateAsync(connectionString, cancellationToken));
        }

        return [.. ran.Distinct()];
    }

    /// <summary>Runs the scripts that did not run yet. Repeatable, and safe from many processes at once.</summary>
    /// <returns>The names of the scripts that were run.</returns>
    /// <exception cref="StorageException">The server is not reached, is not durable, a newer release was here, or a script failed and was taken back.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(string connectionString, CancellationToken cancellationToken)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(unpooled);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await PostgresDurability.VerifyAsync(connection, cancellationToken);

            // Held by the session, so it ends with this process whatever becomes of it.
            await using var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({LockKey})", connection) { CommandTimeout = 0 };
            await hold.ExecuteNonQueryAsync(cancellationToken);
            RefuseNewer(connection, await JournalAsync(connection, cancellationToken));
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }

        var result = DeployChanges.To.PostgresqlDatabase(unpooled)
            .WithScripts(Scripts).WithTransactionPerScript().WithVariablesDisabled()
            .JournalToPostgresqlTable(null, JournalTable).LogTo(new NoOpUpgradeLog())
            .Build().PerformUpgrade();
        foreach (var script in result.Scripts)
        {
            LogMigrated(script.Name, connection.Database, connection.DataSource);
        }

        return result.Successful
            ? [.. result.Scripts.Select(script => script.Name)]
            : throw new StorageException(
                StorageFault.Device,
                $"Migration {result.ErrorScript?.Name} failed in database {connection.Database} at {connection.DataSource} and was taken back: {result.Error.Message}",
                result.Error);
    }

    /// <summary>Sees that a database is what this release needs, before anything is stored there.</summary>
    /// <exception cref="StorageException">The server is not durable, scripts are missing, or a newer release was here.</exception>
    public static async Task VerifyAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await PostgresDurability.VerifyAsync(connection, cancellationToken);
            var applied = await JournalAsync(connection, cancellationToken);
            RefuseNewer(connection, applied);
            if (Scripts.Select(script => script.Name).Except(applied).ToList() is { Count: > 0 } missing)
            {
                throw new StorageException(
                    StorageFault.Device,
                    $"Database {connection.Database} at {connection.DataSource} lacks {string.Join(", ", missing)}: run 'broker migrate --postgres CONNECTIONSTRING'.");
            }
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }

    private static void RefuseNewer(NpgsqlConnection connection, HashSet<string> applied)
    {
        if (applied.Except(Scripts.Select(script => script.Name)).ToList() is { Count: > 0 } unknown)
        {
            throw new StorageException(
                StorageFault.NewerVersion,
                $"Database {connection.Database} at {connection.DataSource} was migrated by a newer release ({string.Join(", ", unknown)}); this one must not touch it. Start the newer release.");
        }
    }

    private static async Task<HashSet<string>> JournalAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var find = new NpgsqlCommand($"SELECT to_regclass('{JournalTable}') IS NOT NULL", connection);
        HashSet<string> names = new(StringComparer.Ordinal);
        if (await find.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return names;
        }

        await using var list = new NpgsqlCommand($"SELECT scriptname FROM {JournalTable}", connection);
        await using var reader = await list.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static SqlScript[] LoadScripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        const string Folder = "Broker.Silo.Storage.Postgres.Migrations.";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return new SqlScript(Path.GetFileNameWithoutExtension(name[Folder.Length..]), reader.ReadToEnd());
            })];
    }
}
