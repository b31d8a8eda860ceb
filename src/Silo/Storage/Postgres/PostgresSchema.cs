using System.Globalization;
using System.Reflection;
using Broker.Silo.Operations;
using DbUp;
using DbUp.Engine;
using DbUp.Engine.Output;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Broker.Silo.Storage.Postgres;

/// <summary>The tables of a database and their versions: the scripts in Migrations/, and the journal of those that ran there.</summary>
/// <remarks>
/// A script that was ever released is never changed; what changes is a script more. Each runs in a transaction of its own. Scripts only add, so
/// that builds that do not know them go on; what takes away begins with <c>-- Contract: level N</c> and runs only when the cluster's level
/// (<see cref="FeatureLevels"/>), which keeps such builds out, is N. The journal has the levels beside the scripts.
/// </remarks>
public sealed partial class PostgresSchema(ILogger<PostgresSchema> logger)
{
    /// <summary>The table of the scripts that ran, in the schema that the connection's search path leads to.</summary>
    public const string JournalTable = "broker_migrations";

    // "broker" in ASCII: of all who migrate one database at once, one works and the others wait and find nothing to do.
    private const long LockKey = 0x62_726F_6B65_72;

    private const string LevelPrefix = "level-";
    private const string ContractMark = "-- Contract: level ";

    internal static SqlScript[] Scripts { get; } = LoadScripts();

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
        HashSet<string> applied;
        try
        {
            await connection.OpenAsync(cancellationToken);
            await PostgresDurability.VerifyAsync(connection, cancellationToken);

            // Held by the session, so it ends with this process whatever becomes of it.
            await using var hold = new NpgsqlCommand($"SELECT pg_advisory_lock({LockKey})", connection) { CommandTimeout = 0 };
            await hold.ExecuteNonQueryAsync(cancellationToken);
            applied = await JournalAsync(connection, cancellationToken);
            RefuseOtherLevel(connection, applied, FeatureLevels.Highest);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }

        var result = DeployChanges.To.PostgresqlDatabase(unpooled)
            .WithScripts(Due(Scripts, LevelOf(applied))).WithTransactionPerScript().WithVariablesDisabled()
            .JournalToPostgresqlTable(null, JournalTable).LogTo(new NoOpUpgradeLog())
            .Build().PerformUpgrade();
        foreach (var script in result.Scripts)
        {
            LogMigrated(script.Name, connection.Database, connection.DataSource);
        }

        if (!result.Successful)
        {
            throw new StorageException(
                StorageFault.Device,
                $"Migration {result.ErrorScript?.Name} failed in database {connection.Database} at {connection.DataSource} and was taken back: {result.Error.Message}",
                result.Error);
        }

        if (applied.Count == 0)
        {
            // Nobody older has been here.
            await RaiseLevelAsync(connection, FeatureLevels.Highest, cancellationToken);
        }

        return [.. result.Scripts.Select(script => script.Name)];
    }

    /// <summary>Sees that a database is what this release needs, before anything is stored there.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="highestLevel">The highest level that is served.</param>
    /// <exception cref="StorageException">The server is not durable, scripts are missing, or the cluster is at a level that is not served.</exception>
    public static async Task VerifyAsync(NpgsqlDataSource database, CancellationToken cancellationToken, int highestLevel = FeatureLevels.Highest)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await PostgresDurability.VerifyAsync(connection, cancellationToken);
            var applied = await JournalAsync(connection, cancellationToken);
            RefuseOtherLevel(connection, applied, highestLevel);
            if (Due(Scripts, LevelOf(applied)).Select(script => script.Name).Except(applied).ToList() is { Count: > 0 } missing)
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

    /// <summary>The cluster's level.</summary>
    internal static async Task<int> ReadLevelAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        LevelOf(await JournalAsync(connection, cancellationToken));

    /// <summary>Raises the cluster's level; nothing where it is as high already.</summary>
    internal static async Task RaiseLevelAsync(NpgsqlConnection connection, int level, CancellationToken cancellationToken)
    {
        await using var raise = new NpgsqlCommand(
            $"""
            INSERT INTO {JournalTable} (scriptname, applied)
            SELECT name, now() FROM (SELECT '{LevelPrefix}' || n AS name FROM generate_series({FeatureLevels.Least + 1}, $1) n) levels
            WHERE NOT EXISTS (SELECT FROM {JournalTable} known WHERE known.scriptname = levels.name)
            """,
            connection);
        raise.Parameters.Add(new NpgsqlParameter<int> { TypedValue = level });
        await raise.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The scripts that may have run at a level of the cluster.</summary>
    internal static IEnumerable<SqlScript> Due(IEnumerable<SqlScript> scripts, int level) =>
        scripts.Where(script => !(ContractLevel(script.Contents) > level));

    /// <summary>The level before which a script that takes something away must not run; null for one that only adds.</summary>
    internal static int? ContractLevel(string script) =>
        script.StartsWith(ContractMark, StringComparison.Ordinal)
            ? int.Parse(script.AsSpan(ContractMark.Length, script.IndexOf('\n', StringComparison.Ordinal) - ContractMark.Length), CultureInfo.InvariantCulture)
            : null;

    private static int LevelOf(IEnumerable<string> applied) => applied
        .Where(static name => name.StartsWith(LevelPrefix, StringComparison.Ordinal))
        .Select(static name => int.Parse(name.AsSpan(LevelPrefix.Length), CultureInfo.InvariantCulture))
        .Append(FeatureLevels.Least).Max();

    private static void RefuseOtherLevel(NpgsqlConnection connection, HashSet<string> applied, int highest)
    {
        if (LevelOf(applied) is var level && (level > highest || level < FeatureLevels.Least))
        {
            throw new StorageException(
                StorageFault.NewerVersion,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Database {connection.Database} at {connection.DataSource} is of a cluster at level {level}; this release serves {FeatureLevels.Least} to {highest} and must not touch it. Start a newer release."));
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
