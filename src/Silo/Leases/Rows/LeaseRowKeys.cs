using System.Globalization;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Rows;

namespace Broker.Silo.Leases.Rows;

/// <summary>Where the rows of leases are (docs/layouts/rows.md). Numbers in keys are padded, so that they sort.</summary>
public static class LeaseRowKeys
{
    /// <summary>The applications of an account.</summary>
    public static string Applications(string account) => $"applications/{account}";

    public static RowKey Application(string account, string application) => new(Applications(account), application);

    /// <summary>The leases of an application.</summary>
    public static string Leases(string account, string application) => $"leases/{account}/{application}";

    public static RowKey Lease(string account, string application, ShardKey shard) => new(
        Leases(account, application), string.Create(CultureInfo.InvariantCulture, $"{shard.Stream.Value:D19}/{shard.Shard.Index:D10}"));

    /// <exception cref="FormatException">The key is not a lease's.</exception>
    public static ShardKey ShardOf(RowKey key)
    {
        var slash = key.Key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && long.TryParse(key.Key.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out var generation)
            && int.TryParse(key.Key.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new ShardKey(new StreamGeneration(generation), new ShardId(index))
            : throw new FormatException($"Row {key} is not of a lease: its key is a generation and a shard.");
    }
}
