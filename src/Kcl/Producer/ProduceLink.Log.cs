using Microsoft.Extensions.Logging;

namespace Broker.Kcl.Producer;

internal sealed partial class ProduceLink
{
    [LoggerMessage(LogLevel.Information, "Producing to {Stream}")]
    private static partial void LogConnected(ILogger logger, string stream);

    [LoggerMessage(LogLevel.Warning, "The session with {Stream} was lost and is sought again: {Code}: {Reason}")]
    private static partial void LogLost(ILogger logger, string stream, string code, string reason);

    [LoggerMessage(LogLevel.Debug, "The session did not end in order: {Reason}")]
    private static partial void LogEnd(ILogger logger, string reason);
}
