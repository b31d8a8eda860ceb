using System.Net;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Hosting.Cluster;

internal sealed partial class RefusingSilos
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Silo {Silo} is gone: its connection ended, and its machine refuses others. It is taken out of the cluster.")]
    private static partial void LogGone(ILogger logger, SiloAddress silo);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Whether the silo at {EndPoint} is gone could not be told; the probes will")]
    private static partial void LogCheckFailed(ILogger logger, EndPoint endPoint, Exception exception);
}
