using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Broker.Silo.Storage.Rows;

/// <summary>An open SQLite connection with its prepared statements. Used by the thread of <see cref="SqliteWorker"/> alone.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly string path;
    private readonly Dictionary<string, SqliteCommand> statements = new(StringComparer.Ordinal);
    private SqliteConnection? connection;
    private bool committing;

    public SqliteSession(string path) => this.path = path;

    public void Execute(string sql)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public long Scalar(string sql)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public string Text(string sql)
    {
        using var command = Connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? string.Empty;
    }

    public Row? Get(RowKey key)
    {
        var command = Statement("SELECT value, version FROM rows WHERE partition = $1 AND key = $2", key.Partition, key.Key);
        using var reader = command.ExecuteReader();
        return reader.Read() ? new Row(key, reader.GetFieldValue<byte[]>(0), reader.GetInt64(1)) : null;
    }

    public IReadOnlyList<Row> List(string partition, string? afterKey, int limit)
    {
        var command = afterKey is null
            ? Statement("SELECT key, value, version FROM rows WHERE partition = $1 ORDER BY key LIMIT $2", partition, limit)
            : Statement("SELECT key, value, version FROM rows WHERE partition = $1 AND key > $2 ORDER BY key LIMIT $3", partition, afterKey, limit);
        var rows = new List<Row>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(new Row(new RowKey(partition, reader.GetString(0)), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2)));
        }

        return rows;
    }

    public void Write(IReadOnlyList<RowWrite> writes)
    {
        Statement("BEGIN IMMEDIATE").ExecuteNonQuery();
        try
        {
            for (var i = 0; i < writes.Count; i++)
            {
                Apply(writes[i]);
            }

            committing = true;
            Statement("COMMIT").ExecuteNonQuery();
            committing = false;
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>What a failure of SQLite means for the caller.</summary>
    public StorageException Translate(SqliteException exception)
    {
        var fault = exception.SqliteErrorCode switch
        {
            13 => StorageFault.DiskFull,
            11 or 26 => StorageFault.Corrupt,
            5 or 6 => StorageFault.Locked,
            _ => StorageFault.Device,
        };
        var meaning = fault switch
        {
            StorageFault.DiskFull => "there is no room on the device",
            StorageFault.Corrupt => "the file is damaged",
            StorageFault.Locked => "another process has it open",
            _ => "the device failed",
        };

        // A commit that a device failed in the middle may come back when the file is opened again.
        var outcome = committing && fault == StorageFault.Device ? " Whether the write landed is unknown." : string.Empty;
        committing = false;
        return new StorageException(fault, $"{path}: {meaning} ({exception.Message}).{outcome}", exception);
    }

    public void Dispose()
    {
        foreach (var statement in statements.Values)
        {
            statement.Dispose();
        }

        connection?.Dispose();
    }

    private SqliteConnection Connection => connection ??= Open();

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Apply(RowWrite write)
    {
        var (partition, key) = (write.Key.Partition, write.Key.Key);
        var changed = (write.Value, write.ExpectedVersion) switch
        {
            ({ } value, null) => Run(
                "INSERT INTO rows (partition, key, version, value) VALUES ($1, $2, 1, $3) ON CONFLICT DO UPDATE SET version = version + 1, value = excluded.value",
                partition, key, value.ToArray()),
            ({ } value, 0) => Run(
                "INSERT INTO rows (partition, key, version, value) VALUES ($1, $2, 1, $3) ON CONFLICT DO NOTHING", partition, key, value.ToArray()),
            ({ } value, { } version) => Run(
                "UPDATE rows SET version = version + 1, value = $4 WHERE partition = $1 AND key = $2 AND version = $3", partition, key, version, value.ToArray()),
            (null, null) => Math.Max(1, Run("DELETE FROM rows WHERE partition = $1 AND key = $2", partition, key)),
            (null, 0) => Get(write.Key) is null ? 1 : 0,
            (null, { } version) => Run("DELETE FROM rows WHERE partition = $1 AND key = $2 AND version = $3", partition, key, version),
        };
        if (changed == 0)
        {
            throw new RowConflictException(write.Key, write.ExpectedVersion ?? 0);
        }
    }

    private int Run(string sql, params ReadOnlySpan<object> values) => Statement(sql, values).ExecuteNonQuery();

    private SqliteCommand Statement(string sql, params ReadOnlySpan<object> values)
    {
        if (!statements.TryGetValue(sql, out var command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i + 1}"), values[i]);
            }

            statements.Add(sql, command);
            return command;
        }

        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        return command;
    }

    private void RollBack()
    {
        try
        {
            Statement("ROLLBACK").ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // SQLite rolls back by itself on some errors; then there is nothing left to roll back.
        }
    }
}
