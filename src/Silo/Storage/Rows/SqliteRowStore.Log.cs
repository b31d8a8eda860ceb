using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Rows;

public sealed partial class SqliteRowStore
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Rows opened: {Path}")]
    private partial void LogOpened(string path);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Rows closed: {Path}")]
    private partial void LogClosed(string path);
}
