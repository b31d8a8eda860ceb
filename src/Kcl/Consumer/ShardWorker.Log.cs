using Microsoft.Extensions.Logging;

namespace Broker.Kcl.Consumer;

internal sealed partial class ShardWorker
{
    [LoggerMessage(1, LogLevel.Information, "{Shard} of {Stream} is processed here, from {Checkpoint} on")]
    private static partial void LogGranted(ILogger logger, string shard, string stream, ShardCheckpoint checkpoint);

    [LoggerMessage(2, LogLevel.Information, "{Shard} of {Stream} is lost: {Reason}")]
    private static partial void LogLost(ILogger logger, string shard, string stream, string reason);

    [LoggerMessage(3, LogLevel.Information, "{Shard} of {Stream} is given back")]
    private static partial void LogReleased(ILogger logger, string shard, string stream);

    [LoggerMessage(4, LogLevel.Information, "{Shard} of {Stream} is processed to its end")]
    private static partial void LogEnded(ILogger logger, string shard, string stream);

    [LoggerMessage(5, LogLevel.Warning, "The processor of {Shard} of {Stream} failed in {Method}; {Consequence}")]
    private static partial void LogFailed(ILogger logger, string shard, string stream, string method, string consequence, Exception exception);
}
