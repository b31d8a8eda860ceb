using Microsoft.Extensions.Logging;

namespace Broker.Silo.Leases;

public sealed partial class LeaseTableGrain
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Application {Application}: worker {Worker} joined with {Leases} leases")]
    private partial void LogJoined(string application, string worker, int leases);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Application {Application}: worker {Worker} left")]
    private partial void LogLeft(string application, string worker);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Application {Application}: another activation wrote its leases, this one ends")]
    private partial void LogSuperseded(string application, Exception exception);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "Application {Application}: the shards of stream {Stream} cannot be told now; asked again")]
    private partial void LogSyncFailed(string application, string stream, Exception exception);

    [LoggerMessage(EventId = 5, Level = LogLevel.Warning, Message = "Application {Application}: its leases cannot be written now: {Reason}")]
    private partial void LogNotWritten(string application, string reason);
}
