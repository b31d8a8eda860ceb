using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Embedded.Journals;

internal sealed partial class Journal
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Appending to journal file {File} of {Bytes} bytes.")]
    private static partial void LogOpened(ILogger logger, string file, long bytes);

    [LoggerMessage(Level = LogLevel.Error, Message = "A write to journal file {File} at {Offset} failed: the file is abandoned there, and its shards must be opened again.")]
    private static partial void LogWriteFailed(ILogger logger, string file, long offset, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No new journal file can be had, appends are refused once the current one is full: {Reason}")]
    private static partial void LogNoFile(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The index of journal file {File} cannot be written and stays in memory: {Reason}")]
    private static partial void LogIndexFailed(ILogger logger, string file, string reason);
}
