using Npgsql;
using Orleans.GrainDirectory;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Which silo has which grain, as rows that all silos share (docs/layouts/postgres.md).</summary>
/// <remarks>
/// Unlike a directory that the silos keep among themselves it loses nothing when one of them ends: what was on that silo is free to go
/// elsewhere, and nothing else moves. Entries of a silo that the membership calls dead are replaced by whoever registers next. Silos
/// cache what they find here. Failures are thrown to Orleans, which fails the call that needed the place; its caller repeats it.
/// </remarks>
/// <param name="database">Shared with nothing that could keep it busy: whoever waits here waits for a grain.</param>
/// <param name="clusterId">Directories of several clusters are apart.</param>
internal sealed class PostgresGrainDirectory(NpgsqlDataSource database, string clusterId) : IGrainDirectory
{
    public Task<GrainAddress?> Register(GrainAddress address) => Register(address, null);

    public async Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress)
    {
        // The one that is there wins, unless it is the one that is to be replaced: then its row is ours from here on.
        await using var command = database.CreateCommand(
            """
            WITH made AS (
                INSERT INTO broker_activations AS old (cluster_id, grain_id, activation_id, silo, membership_version) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (cluster_id, grain_id) DO UPDATE
                    SET activation_id = excluded.activation_id, silo = excluded.silo, membership_version = excluded.membership_version
                    WHERE old.activation_id = $6
                RETURNING activation_id, silo, membership_version)
            SELECT * FROM made
            UNION ALL
            SELECT activation_id, silo, membership_version FROM broker_activations
            WHERE cluster_id = $1 AND grain_id = $2 AND NOT EXISTS (SELECT FROM made)
            """);
        Bind(command, clusterId, address.GrainId.ToString(), address.ActivationId.ToParsableString(), address.SiloAddress!.ToParsableString());
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = address.MembershipVersion.Value });
        Bind(command, previousAddress?.ActivationId.ToParsableString() ?? "");
        return await ReadAsync(command, address.GrainId) ?? await Register(address, previousAddress);
    }

    public async Task Unregister(GrainAddress address)
    {
        await using var command = database.CreateCommand(
            "DELETE FROM broker_activations WHERE cluster_id = $1 AND grain_id = $2 AND activation_id = $3");
        Bind(command, clusterId, address.GrainId.ToString(), address.ActivationId.ToParsableString());
        await command.ExecuteNonQueryAsync();
    }

    public async Task<GrainAddress?> Lookup(GrainId grainId)
    {
        await using var command = database.CreateCommand(
            "SELECT activation_id, silo, membership_version FROM broker_activations WHERE cluster_id = $1 AND grain_id = $2");
        Bind(command, clusterId, grainId.ToString());
        return await ReadAsync(command, grainId);
    }

    public async Task UnregisterSilos(List<SiloAddress> siloAddresses)
    {
        await using var command = database.CreateCommand("DELETE FROM broker_activations WHERE cluster_id = $1 AND silo = ANY ($2)");
        Bind(command, clusterId);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. siloAddresses.Select(silo => silo.ToParsableString())] });
        await command.ExecuteNonQueryAsync();
    }

    private static void Bind(NpgsqlCommand command, params ReadOnlySpan<string> values)
    {
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        }
    }

    /// <returns>Null where there is no row, or where it came or went while the statement ran.</returns>
    private static async Task<GrainAddress?> ReadAsync(NpgsqlCommand command, GrainId grain)
    {
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? new GrainAddress
            {
                GrainId = grain,
                ActivationId = ActivationId.FromParsableString(reader.GetString(0)),
                SiloAddress = SiloAddress.FromParsableString(reader.GetString(1)),
                MembershipVersion = new MembershipVersion(reader.GetInt64(2)),
            }
            : null;
    }
}
