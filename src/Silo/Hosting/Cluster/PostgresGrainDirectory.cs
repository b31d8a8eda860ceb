using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Streams;
using Npgsql;
using Orleans.GrainDirectory;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Which silo has which grain, as rows that all silos share (docs/layouts/postgres.md).</summary>
/// <remarks>
/// Unlike a directory that the silos keep among themselves it loses nothing when one of them ends: what was on that silo is free to go
/// elsewhere, and nothing else moves. Entries of a silo that the membership calls dead are replaced by whoever registers next. Silos
/// cache what they find here. Thousands look and register at once when a silo is lost: they do it by a few statements. Failures are thrown
/// to Orleans, which fails the call that needed the place; its caller repeats it.
/// </remarks>
internal sealed class PostgresGrainDirectory : IGrainDirectory
{
    private const int MaxGrains = 1_024;

    private readonly NpgsqlDataSource database;
    private readonly string clusterId;
    private readonly Coalescer<GrainId, GrainAddress?> lookups;
    private readonly Coalescer<Registration, GrainAddress?> registrations;

    /// <param name="database">Shared with nothing that could keep it busy: whoever waits here waits for a grain.</param>
    /// <param name="options">Those of the database.</param>
    /// <param name="clusterId">Directories of several clusters are apart.</param>
    /// <param name="time">Of waits.</param>
    public PostgresGrainDirectory(NpgsqlDataSource database, PostgresOptions options, string clusterId, TimeProvider time)
    {
        this.database = database;
        this.clusterId = clusterId;
        lookups = new(LookUpAsync, MaxGrains, options.StatementTimeout, time);
        registrations = new(RegisterAsync, MaxGrains, options.StatementTimeout, time);
    }

    public Task<GrainAddress?> Register(GrainAddress address) => Register(address, null);

    public async Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress)
    {
        while (true)
        {
            // Null where another's row came or went while the statement ran.
            if (await AskAsync(registrations, new Registration(address, previousAddress)) is { } registered)
            {
                return registered;
            }
        }
    }

    public async Task Unregister(GrainAddress address)
    {
        await using var command = database.CreateCommand(
            "DELETE FROM broker_activations WHERE cluster_id = $1 AND grain_id = $2 AND activation_id = $3");
        command.Parameters.Add(Value(clusterId));
        command.Parameters.Add(Value(address.GrainId.ToString()));
        command.Parameters.Add(Value(address.ActivationId.ToParsableString()));
        await command.ExecuteNonQueryAsync();
    }

    public Task<GrainAddress?> Lookup(GrainId grainId) => AskAsync(lookups, grainId);

    public async Task UnregisterSilos(List<SiloAddress> siloAddresses)
    {
        await using var command = database.CreateCommand("DELETE FROM broker_activations WHERE cluster_id = $1 AND silo = ANY ($2)");
        command.Parameters.Add(Value(clusterId));
        command.Parameters.Add(Value<string[]>([.. siloAddresses.Select(silo => silo.ToParsableString())]));
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What fails here reaches whoever called the grain, who knows nothing of storage.</summary>
    private static async Task<GrainAddress?> AskAsync<TAsk>(Coalescer<TAsk, GrainAddress?> database, TAsk what)
    {
        try
        {
            return await database.AskAsync(what, CancellationToken.None);
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }
    }

    private async Task<IReadOnlyList<GrainAddress?>> LookUpAsync(IReadOnlyList<GrainId> grains)
    {
        await using var command = database.CreateCommand(
            "SELECT grain_id, activation_id, silo, membership_version FROM broker_activations WHERE cluster_id = $1 AND grain_id = ANY ($2)");
        command.Parameters.Add(Value(clusterId));
        command.Parameters.Add(Value<string[]>([.. grains.Select(grain => grain.ToString()).Distinct()]));
        var found = await ReadAsync(command);
        return [.. grains.Select(grain => found.GetValueOrDefault(grain))];
    }

    /// <summary>The one that is there wins, unless it is the one that is to be replaced. All take rows in one order, so that none waits in a circle.</summary>
    private async Task<IReadOnlyList<GrainAddress?>> RegisterAsync(IReadOnlyList<Registration> asked)
    {
        await using var command = database.CreateCommand(
            """
            WITH asked AS (
                SELECT DISTINCT ON (grain) * FROM unnest($2, $3, $4, $5, $6) u (grain, activation, silo, version, previous) ORDER BY grain),
            replaced AS (
                UPDATE broker_activations old SET activation_id = asked.activation, silo = asked.silo, membership_version = asked.version FROM asked
                WHERE old.cluster_id = $1 AND old.grain_id = asked.grain AND old.activation_id = asked.previous
                RETURNING old.grain_id, old.activation_id, old.silo, old.membership_version),
            made AS (
                INSERT INTO broker_activations (cluster_id, grain_id, activation_id, silo, membership_version)
                SELECT $1, grain, activation, silo, version FROM asked WHERE grain NOT IN (SELECT grain_id FROM replaced) ORDER BY grain
                ON CONFLICT DO NOTHING
                RETURNING grain_id, activation_id, silo, membership_version)
            SELECT * FROM replaced UNION ALL SELECT * FROM made UNION ALL
            SELECT a.grain_id, a.activation_id, a.silo, a.membership_version FROM broker_activations a JOIN asked ON a.grain_id = asked.grain
            WHERE a.cluster_id = $1 AND a.grain_id NOT IN (SELECT grain_id FROM replaced UNION ALL SELECT grain_id FROM made)
            """);
        command.Parameters.Add(Value(clusterId));
        command.Parameters.Add(Value<string[]>([.. asked.Select(ask => ask.Address.GrainId.ToString())]));
        command.Parameters.Add(Value<string[]>([.. asked.Select(ask => ask.Address.ActivationId.ToParsableString())]));
        command.Parameters.Add(Value<string[]>([.. asked.Select(ask => ask.Address.SiloAddress!.ToParsableString())]));
        command.Parameters.Add(Value<long[]>([.. asked.Select(ask => ask.Address.MembershipVersion.Value)]));
        command.Parameters.Add(Value<string[]>([.. asked.Select(ask => ask.Previous?.ActivationId.ToParsableString() ?? "")]));
        var registered = await ReadAsync(command);
        return [.. asked.Select(ask => registered.GetValueOrDefault(ask.Address.GrainId))];
    }

    private static async Task<Dictionary<GrainId, GrainAddress>> ReadAsync(NpgsqlCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync();
        Dictionary<GrainId, GrainAddress> found = [];
        while (await reader.ReadAsync())
        {
            var address = new GrainAddress
            {
                GrainId = GrainId.Parse(reader.GetString(0)),
                ActivationId = ActivationId.FromParsableString(reader.GetString(1)),
                SiloAddress = SiloAddress.FromParsableString(reader.GetString(2)),
                MembershipVersion = new MembershipVersion(reader.GetInt64(3)),
            };
            found[address.GrainId] = address;
        }

        return found;
    }

    private static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    private readonly record struct Registration(GrainAddress Address, GrainAddress? Previous);
}
