using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Postgres;

public sealed partial class PostgresSchema
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Migration {Script} ran in database {Database} at {Server}")]
    private partial void LogMigrated(string script, string database, string server);
}
