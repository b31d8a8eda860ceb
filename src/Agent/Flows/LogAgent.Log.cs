using Microsoft.Extensions.Logging;

namespace Broker.Agent.Flows;

public sealed partial class LogAgent
{
    [LoggerMessage(LogLevel.Warning, "{Warning}")]
    private static partial void LogWarning(ILogger logger, string warning);

    [LoggerMessage(LogLevel.Information, "Running {Flows} flow(s) to {Endpoints}, checkpoints in {CheckpointFile}")]
    private static partial void LogStarted(ILogger logger, int flows, string endpoints, string checkpointFile);

    [LoggerMessage(LogLevel.Information, "{Pattern} to {Stream}: {Paths} path(s), {Records} records acknowledged, {Pending} under way, {Behind} bytes to be read")]
    private static partial void LogStatus(ILogger logger, string pattern, string stream, long paths, long records, long pending, long behind);

    [LoggerMessage(LogLevel.Error, "The flow of {Pattern} broke and goes on from its checkpoint")]
    private static partial void LogBroken(ILogger logger, Exception exception, string pattern);

    [LoggerMessage(LogLevel.Information, "Stopped: checkpoints are saved")]
    private static partial void LogStopped(ILogger logger);
}
