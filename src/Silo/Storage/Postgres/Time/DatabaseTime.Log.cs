using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Postgres.Time;

public sealed partial class DatabaseTime
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Time is the database's, {Offset} ahead of this machine's")]
    private partial void LogFollowing(TimeSpan offset);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The database does not tell its time now: {Reason}. It is carried on by this machine's clock")]
    private partial void LogSilent(string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "This silo does not trust its time and appends nothing: {Doubt}")]
    private partial void LogDoubted(string doubt);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "The database's clock was set, or it is another database, or this machine stood still: its time is followed from {Offset} off what was expected")]
    private partial void LogSettled(TimeSpan offset);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "This silo trusts its time again")]
    private partial void LogTrusted();
}
