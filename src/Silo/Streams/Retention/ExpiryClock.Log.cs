using Microsoft.Extensions.Logging;

namespace Broker.Silo.Streams.Retention;

public sealed partial class ExpiryClock
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The wall clock (milliseconds since 1970) jumped: it says {Wall} ms where {Expected} ms is due, more than {Tolerance} ahead. Nothing expires until it is set right, or, if it is right now, until the broker is started again.")]
    private partial void LogSuspended(long wall, long expected, TimeSpan tolerance);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "The wall clock (milliseconds since 1970) says {Wall} ms, the last run ended at {Floor} ms. If the clock is wrong, set it right: it is believed, and records expire by it, after {Hold}.")]
    private partial void LogHeld(long wall, long floor, TimeSpan hold);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "The wall clock (milliseconds since 1970) says {Wall} ms, which is before the end of the last run at {Floor} ms. Nothing expires until it has caught up.")]
    private partial void LogBehind(long wall, long floor);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Records expire again, by the wall clock: {Wall} ms.")]
    private partial void LogResumed(long wall);
}
