using Microsoft.Extensions.Logging;

namespace Broker.Agent.Tailing;

internal sealed partial class Lineage
{
    [LoggerMessage(LogLevel.Information, "Following {Path}")]
    private static partial void LogFollowed(ILogger logger, string path);

    [LoggerMessage(LogLevel.Information, "{Path} was truncated or written anew after {Bytes} bytes of it were read: a copy of what it held is looked for")]
    private static partial void LogReplaced(ILogger logger, string path, long bytes);

    [LoggerMessage(LogLevel.Warning, "{Path} cannot be read: {Reason}")]
    private static partial void LogUnreadable(ILogger logger, string path, string reason);

    [LoggerMessage(LogLevel.Warning, "What {Path} held is found nowhere: what was written after its first {Bytes} bytes, if anything was, is lost")]
    private static partial void LogLost(ILogger logger, string path, long bytes);
}
