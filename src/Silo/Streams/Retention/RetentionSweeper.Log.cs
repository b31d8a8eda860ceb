using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Streams.Retention;

public sealed partial class RetentionSweeper
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Expired records removed: {Bytes} bytes, {Dropped} files dropped, {Rewritten} rewritten, {Moved} bytes moved")]
    private partial void LogExpired(long bytes, int dropped, int rewritten, long moved);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Expired records cannot be removed now; the next sweep tries again")]
    private partial void LogSweepFailed(Exception exception);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "The stream of generation {Stream} cannot be swept now; the next sweep tries again")]
    private partial void LogStreamFailed(StreamGeneration stream, Exception exception);
}
