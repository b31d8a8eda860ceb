using Npgsql;

namespace Broker.Silo.Storage.Postgres;

/// <summary>What a failure of PostgreSQL or of the way to it means for the caller.</summary>
internal static class PostgresErrors
{
    /// <summary>SQLSTATE of a row that is not at the version that a write expects (Migrations/0001-rows.sql).</summary>
    public const string RowConflict = "RW001";

    /// <summary>True where the server itself answered and took everything back; otherwise a statement that was sent may have landed.</summary>
    /// <remarks>A server that shuts down says so (class 57P) before or after the commit: that tells nothing.</remarks>
    public static bool IsRefusal(NpgsqlException exception) =>
        exception is PostgresException { SqlState: var state } && !state.StartsWith("57P", StringComparison.Ordinal) && !state.StartsWith("08", StringComparison.Ordinal);

    public static StorageException Translate(NpgsqlException exception, NpgsqlConnection? connection, bool mayHaveLanded = false)
    {
        var fault = (exception as PostgresException)?.SqlState switch
        {
            PostgresErrorCodes.DiskFull => StorageFault.DiskFull,
            PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => StorageFault.Corrupt,
            _ => StorageFault.Device,
        };
        var where = connection is null ? "PostgreSQL" : $"PostgreSQL database {connection.Database} at {connection.DataSource}";
        var outcome = mayHaveLanded && !IsRefusal(exception) ? " Whether the write landed is unknown." : string.Empty;
        return new StorageException(fault, $"{where}: {exception.Message}.{outcome}", exception);
    }
}
