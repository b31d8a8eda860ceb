using Microsoft.Extensions.Logging;

namespace Broker.Silo.Hosting.Cluster;

internal sealed partial class LostSilos
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "The silo at {Silo} left the cluster; calls that it may have had are made again")]
    private static partial void LogMissed(ILogger logger, Uri silo);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "The members of the cluster could not be read")]
    private static partial void LogNotRead(ILogger logger, Exception exception);
}
