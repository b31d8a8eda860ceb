using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Postgres.Log;

internal sealed partial class LogDatabase
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "A log database is not reached; its shards are not served until it is: {Reason}")]
    private static partial void LogNotReached(ILogger logger, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Log database {Database} is reached again")]
    private static partial void LogReached(ILogger logger, string database);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "A log database is refused, and its shards are not served: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
