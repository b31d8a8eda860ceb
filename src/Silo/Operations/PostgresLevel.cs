using Broker.Silo.Storage.Postgres;
using Npgsql;

namespace Broker.Silo.Operations;

/// <summary>The level as rows of the migrations' journal, <c>level-2</c> and so on: builds that know no levels refuse a database with names that they do not know.</summary>
internal sealed class PostgresLevel(NpgsqlDataSource database) : IClusterLevel
{
    public async ValueTask<int> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            return await PostgresSchema.ReadLevelAsync(connection, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection);
        }
    }

    public async ValueTask RaiseAsync(int level, CancellationToken cancellationToken)
    {
        await using var connection = database.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            await PostgresSchema.RaiseLevelAsync(connection, level, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Translate(exception, connection, mayHaveLanded: true);
        }
    }
}
