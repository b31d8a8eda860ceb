using Microsoft.Extensions.Logging;

namespace Broker.Agent.Flows;

internal sealed partial class FlowRunner
{
    [LoggerMessage(LogLevel.Warning, "Records to {Stream} were not taken, so {Count} under way are read and sent again: {Reason}")]
    private static partial void LogFailed(ILogger logger, string stream, int count, string reason);

    [LoggerMessage(LogLevel.Warning, "The end came before {Count} records of {Pattern} were acknowledged: they are sent again at the next start")]
    private static partial void LogAbandoned(ILogger logger, string pattern, int count);

    [LoggerMessage(LogLevel.Error, "Checkpoints could not be saved, so more would be sent twice after a crash: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "The record of {Path} that ends at {Offset} could not be converted and is sent as it is: {Reason}")]
    private static partial void LogUnconverted(ILogger logger, string path, long offset, string reason);

    [LoggerMessage(LogLevel.Warning, "The record of {Path} that ends at {Offset} is too long and was cut")]
    private static partial void LogCut(ILogger logger, string path, long offset);
}
